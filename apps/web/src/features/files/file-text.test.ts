import { expect, test } from '@jest/globals';
import { byteLength, fromEditor, toEditor } from './file-text.ts';

test('a file keeps its line breaks through the editor, which knows line feeds only', () => {
  for (const content of ['a\r\nb\r\n', 'a\nb\n', 'a', '', '\r\n']) {
    expect(toEditor(content)).not.toContain('\r');
    expect(fromEditor(toEditor(content), content)).toBe(content);
  }
  expect(fromEditor('a\nb\nc', 'a\r\nb')).toBe('a\r\nb\r\nc');
  expect(fromEditor('a\nb', 'a')).toBe('a\nb');
});

test('byteLength counts UTF-8', () => {
  expect([byteLength(''), byteLength('aé漢👩')]).toEqual([0, 1 + 2 + 3 + 4]);
});
