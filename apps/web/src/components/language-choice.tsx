'use client';

import { t } from '@lingui/core/macro';
import { type Language, languageNames, languages, languageTags, storeLanguage } from '../lib/language/languages.ts';
import { locale } from '../lib/language/texts.ts';
import { controlStyle, Select } from './ui/field.tsx';

/** The choice of the language. The page loads again at the same address: a draft is kept, and unsaved changes are asked about. */
export function LanguageChoice({ className = '' }: { className?: string }) {
  return (
    <Select
      aria-label={t`Language`}
      className={`${controlStyle} ${className}`}
      value={locale()}
      onChange={({ target }) => {
        storeLanguage(target.value as Language);
        location.reload();
      }}
    >
      {languages.map((language) => (
        <option key={language} value={language} lang={languageTags[language]}>
          {languageNames[language]}
        </option>
      ))}
    </Select>
  );
}
