import { expect, test } from '@jest/globals';
import { visibleText } from './visible-text.ts';

// Unicode Technical Report 36, sections 2.5 and 2.11; UTS 51 for the sequences of emoji.
test.each(['Ada’s agent', 'Größe é', 'العربية', '漢字 かな', 'हिन्दी', '🤖', '👩‍👩‍👧', '👩🏽‍💻', '❤️', '1️⃣', '🏳️‍🌈', 'نمی‌خواهم', 'a b', ''])(
  'visibleText accepts %j',
  (text) => expect(visibleText.test(text)).toBe(true),
);

test.each<[string, string]>([
  ['NUL', 'a\0b'],
  ['a line break', 'a\nb'],
  ['right-to-left override', 'agent\u202egpj'],
  ['an isolate', '\u2066a\u2069'],
  ['left-to-right mark', 'a\u200eb'],
  ['Arabic letter mark', 'a\u061cb'],
  ['zero width space', 'Ada\u200b'],
  ['a joiner between Latin letters', 'A\u200dda'],
  ['a non-joiner between Latin letters', 'A\u200cda'],
  ['a joiner at the end of an emoji', '👩\u200d'],
  ['a variation selector after a letter', 'Ada\ufe0f'],
  ['word joiner', 'a\u2060b'],
  ['byte order mark', '\ufeffa'],
  ['soft hyphen', 'a\u00adb'],
  ['line separator', 'a\u2028b'],
  ['Hangul filler', '\u3164'],
  ['Braille blank', '\u2800'],
  ['combining grapheme joiner', 'a\u034fb'],
  ['a tag', 'a\u{e0061}'],
  ['private use', '\ue000'],
])('visibleText refuses %s', (_name, text) => {
  expect(visibleText.test(text)).toBe(false);
});
