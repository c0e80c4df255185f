'use client';

import { i18n } from '@lingui/core';
import { I18nProvider } from '@lingui/react';
import { type ReactNode, use } from 'react';
import { i18nOf } from '../lib/language/i18n.ts';
import type { Language } from '../lib/language/languages.ts';

/** Gives the page its texts, before anything in it renders. */
export function LanguageProvider({ language, children }: { language: Language; children: ReactNode }) {
  const texts = use(i18nOf(language, typeof window === 'undefined' ? undefined : i18n));
  return <I18nProvider i18n={texts}>{children}</I18nProvider>;
}
