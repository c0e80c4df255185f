import { expect, test } from '@jest/globals';
import { languageFrom } from './languages.ts';

test.each<[string | undefined, string | null, string]>([
  [undefined, null, 'en'],
  [undefined, '', 'en'],
  [undefined, 'de', 'de'],
  [undefined, 'de-CH,fr;q=0.9', 'de'],
  [undefined, 'zh-CN,zh;q=0.9,en;q=0.8', 'zh'],
  [undefined, 'fr-FR,fr;q=0.9,de;q=0.8,en;q=0.7', 'de'],
  [undefined, 'de;q=0.3, en;q=0.7', 'en'],
  [undefined, 'de;q=0, zh', 'zh'],
  [undefined, 'de;q=0', 'en'],
  [undefined, 'DE', 'de'],
  [undefined, 'fr, *', 'en'],
  [undefined, 'den, deu', 'en'],
  [undefined, ';;,q=1,de;q=x', 'en'],
  ['zh', 'de', 'zh'],
  ['en', 'de', 'en'],
  ['fr', 'de', 'de'],
  ['', 'de', 'de'],
  ['__proto__', null, 'en'],
])('languageFrom of the choice %j and the header %j is %s', (chosen, header, language) => {
  expect(languageFrom(chosen, header)).toBe(language);
});
