import { cookies, headers } from 'next/headers';
import { i18nOf } from '../lib/language/i18n.ts';
import { LANGUAGE_COOKIE, type Language, languageFrom } from '../lib/language/languages.ts';

/** The language of this request's reader. */
export async function requestLanguage(): Promise<Language> {
  return languageFrom((await cookies()).get(LANGUAGE_COOKIE)?.value, (await headers()).get('accept-language'));
}

/** The texts in the language of this request's reader, for what the server renders itself. */
export const requestTexts = async () => i18nOf(await requestLanguage());
