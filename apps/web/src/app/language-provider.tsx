'use client';

import { i18n } from '@lingui/core';
import { LinguiContext } from '@lingui/react';
import { type ReactNode, use, useMemo } from 'react';
import { i18nOf } from '../lib/language/i18n.ts';
import type { Language } from '../lib/language/languages.ts';

/** Gives the page its texts, before anything in it renders. A change of the language loads the page again, so nothing listens for one. */
export function LanguageProvider({ language, children }: { language: Language; children: ReactNode }) {
  const texts = use(i18nOf(language, typeof window === 'undefined' ? undefined : i18n));
  const context = useMemo(() => ({ i18n: texts, _: texts.t }), [texts]);
  return <LinguiContext value={context}>{children}</LinguiContext>;
}
