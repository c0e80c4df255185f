import { expect, test } from '@jest/globals';
import { quoteFile, readAttachedFile } from './attached-file.ts';

test('quoteFile names the file, and its code block has the language of the extension', () => {
  expect(quoteFile('add.PY', 'def add(a, b):\r\n    return a + b\r\n')).toBe('add.PY:\n```py\ndef add(a, b):\n    return a + b\n```');
  expect(quoteFile('Makefile', 'all:\n\techo')).toBe('Makefile:\n```\nall:\n\techo\n```');
});

// CommonMark, section 4.5: a closing fence is at least as long as the opening one.
test.each<[string, string]>([
  ['text with a code block', '````'],
  ['text with `` `code` `` only', '```'],
])('quoteFile of %s has a fence that the text does not close', (title, fence) => {
  const content = title.endsWith('block') ? 'Before\n```js\n1\n```\nAfter' : 'Use ``code`` here';
  expect(quoteFile('a.md', content)).toBe(`a.md:\n${fence}md\n${content}\n${fence}`);
});

test('quoteFile keeps a name with line breaks, backticks or direction marks on one line', () => {
  expect(quoteFile('a\n```\u202e.md', 'x')).toBe('a.md:\n```md\nx\n```');
});

test.each<[string, Uint8Array | string, RegExp]>([
  ['photo.png', Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0xff), /^photo\.png is neither a text file nor a PNG/],
  ['zeros.bin', '\0\0', /^zeros\.bin is neither a text file nor a PNG/],
  ['empty.txt', ' \n', /^empty\.txt is empty$/],
  ['long.log', 'x'.repeat(128_001), /^long\.log is too large/],
])('readAttachedFile refuses %s with the reason', async (name, content, problem) => {
  expect(await readAttachedFile(new File([content as BlobPart], name))).toEqual({ problem: expect.stringMatching(problem) });
});

test('readAttachedFile reads UTF-8, without its byte order mark', async () => {
  expect(await readAttachedFile(new File(['\ufeffGrüße 日本'], 'a.txt'))).toEqual({ text: 'a.txt:\n```txt\nGrüße 日本\n```' });
});
