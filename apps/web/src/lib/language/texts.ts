'use client';

import { i18n as activeTexts, type I18n, type MessageDescriptor } from '@lingui/core';
import { LinguiContext } from '@lingui/react';
import { use } from 'react';

/** The texts in the reader's language. */
function texts(): I18n {
  // A browser has one reader. The server renders for several at a time: the page that it renders knows its own.
  // `use` may be called in functions that a component calls while it renders.
  const found = activeTexts.locale ? activeTexts : use(LinguiContext)?.i18n;
  if (!found) throw new Error('The server has a text of the interface outside of a page');
  return found;
}

/** The reader's language, for `Intl`. */
export const locale = (): string => texts().locale;

/** What `t` of `@lingui/core/macro` becomes. */
export const i18n = { _: (descriptor: MessageDescriptor) => texts()._(descriptor) };

/** The words of a `msg`: those of a table, which stands where no language is known yet. */
export const say = (words: MessageDescriptor): string => texts()._(words);
