/** The languages of the dashboard. English stands in the code, the others in `languages/<language>.po`. */
export const languages = ['en', 'de', 'zh'] as const;
export type Language = (typeof languages)[number];

/** Each language's name in itself. */
export const languageNames: Record<Language, string> = { en: 'English', de: 'Deutsch', zh: '简体中文' };

/** The tags for `lang` attributes: `zh` alone does not say which script. */
export const languageTags: Record<Language, string> = { en: 'en', de: 'de', zh: 'zh-Hans' };

export const LANGUAGE_COOKIE = 'language';

const isLanguage = (value: string | undefined): value is Language => languages.some((each) => each === value);

/** The languages of an `Accept-Language` header without their regions, the preferred one first: `de-CH;q=0.8` is `de`. */
function accepted(header: string): string[] {
  const ranges = header.split(',').map((range) => {
    const [tag = '', ...parameters] = range
      .trim()
      .toLowerCase()
      .split(/\s*;\s*/);
    const quality = parameters.find((each) => each.startsWith('q='))?.slice(2);
    return { language: tag.split('-')[0] ?? '', quality: quality === undefined ? 1 : Number(quality) };
  });
  return ranges
    .filter(({ quality }) => quality > 0)
    .sort((a, b) => b.quality - a.quality)
    .map(({ language }) => language);
}

/** The reader's language: the chosen one, else the first of the browser's that the dashboard has, else English. */
export function languageFrom(chosen: string | undefined, acceptLanguage: string | null): Language {
  return isLanguage(chosen) ? chosen : (accepted(acceptLanguage ?? '').find(isLanguage) ?? 'en');
}

/** Stores the chosen language in a cookie for one year. */
export function storeLanguage(language: Language): void {
  // biome-ignore lint/suspicious/noDocumentCookie: the Cookie Store API needs HTTPS, which development does not have
  document.cookie = `${LANGUAGE_COOKIE}=${language}; path=/; samesite=lax; max-age=31536000`;
}
