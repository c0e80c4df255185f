import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { formatter } from '@lingui/format-po';
import { compileMessage } from '@lingui/message-utils/compileMessage';
import { compileText } from './compile-text.ts';
import { languages } from './languages.ts';

const { parse } = formatter();

/** The texts of a catalogue: the English one, and its translation. */
async function textsOf(language: string): Promise<[english: string, translation: string][]> {
  const source = readFileSync(new URL(`../../../languages/${language}.po`, import.meta.url), 'utf8');
  const catalogue = await parse(source, { locale: language, sourceLocale: 'en', filename: '' });
  return Object.values(catalogue ?? {}).map(({ message = '', translation = '' }) => [message, translation]);
}

/** The names of the values and of the elements that a text has: `name`, `<0>`. */
function placeholdersOf(text: string): string[] {
  const names = new Set<string>();
  const visit = (part: unknown): void => {
    if (typeof part === 'string') for (const [, tag] of part.matchAll(/<\/?(\w+)\/?>/g)) names.add(`<${tag}>`);
    else if (Array.isArray(part) && typeof part[0] === 'string' && part.length === 1) names.add(part[0]);
    else if (Array.isArray(part) && typeof part[1] === 'string' && ['plural', 'select'].includes(part[1])) {
      names.add(`${part[0]}`);
      for (const form of Object.values(part[2] as object)) for (const each of [form].flat(1)) visit(each);
    }
  };
  for (const part of compileMessage(text)) visit(part);
  return [...names].sort();
}

/** Translations that are the same as the English text: names, and words that the language shares with English. */
const SAME: Record<string, string[]> = {
  de: [
    ...['Agent', 'Agent:', 'Budget', 'CPUs', 'Chat', 'Code', 'Coinbase', 'Container', 'Dashboard', 'Demo', 'Docker', 'Docker Engine'],
    ...['Domain', 'Export', 'Image', 'Labels', 'Live', 'Log', 'Logs', 'Moderation', 'Name', 'Optional', 'Passkey', 'Passkeys', 'Problem'],
    ...['Start', 'Support', 'System', 'Wallet', 'Wallets', 'in {0}', '{minutes} min {seconds} s'],
  ],
  zh: ['Coinbase', 'Docker', 'Docker Engine'],
};

test('compileText gives what Lingui’s own compiler gives, for every English text', async () => {
  const texts = await textsOf('en');
  expect(texts.length).toBeGreaterThan(1_000);
  for (const [english] of texts) expect([english, compileText(english)]).toEqual([english, compileMessage(english)]);
});

test.each(['{', '{name', '{count, plural, one {a}', 'a } b', '{a, date}'])(
  'compileText refuses %j, which it would show wrongly',
  (text) => {
    expect(() => compileText(text)).toThrow('not well-formed');
  },
);

test.each(languages)('each text of %s is translated, with the placeholders of the English text', async (language) => {
  for (const [english, translation] of await textsOf(language)) {
    expect(translation).not.toBe('');
    expect([english, placeholdersOf(translation)]).toEqual([english, placeholdersOf(english)]);
    // A text that is not well-formed would show its brackets.
    expect(() => compileMessage(translation)).not.toThrow();
  }
});

test.each(['de', 'zh'])('only names and shared words are the same in English and %s', async (language) => {
  const same = (await textsOf(language)).filter(
    ([english, translation]) => english === translation && /\p{L}{2}/u.test(english.replace(/\{\w+\}/g, '')),
  );
  expect([...new Set(same.map(([english]) => english))].sort()).toEqual(SAME[language]?.sort());
});
