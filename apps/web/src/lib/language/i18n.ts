import { type I18n, type Messages, setupI18n } from '@lingui/core';
import { compileText } from './compile-text.ts';
import type { Language } from './languages.ts';

const catalogues: Record<Language, () => Promise<{ default: Messages }>> = {
  // The English texts stand in the code: their readers load no catalogue.
  en: async () => ({ default: {} }),
  de: () => import('../../../languages/de.po'),
  zh: () => import('../../../languages/zh.po'),
};

/** Loads the texts of a language into `into`, and activates them. */
async function load(language: Language, into: I18n): Promise<I18n> {
  const { default: messages } = await catalogues[language]();
  into.setMessagesCompiler(compileText).loadAndActivate({ locale: language, messages });
  return into;
}

const loaded = new Map<Language, Promise<I18n>>();

/** The texts of a language, loaded once. @param into the texts of a browser, which has one reader; the server has several */
export function i18nOf(language: Language, into = setupI18n()): Promise<I18n> {
  const texts = loaded.get(language) ?? load(language, into);
  loaded.set(language, texts);
  return texts;
}
