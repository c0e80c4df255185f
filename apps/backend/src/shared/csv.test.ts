import { expect, test } from '@jest/globals';
import { csvLine } from './csv.ts';

test('csvLine quotes commas, quotes and line breaks, and ends with CRLF', () => {
  expect(csvLine(['plain', 'a, b', 'say "hi"', 'two\nlines', 'cr\rhere', '', 12, 0.5])).toBe(
    'plain,"a, b","say ""hi""","two\nlines","cr\rhere",,12,0.5\r\n',
  );
});

test.each([
  ['=1+1', "'=1+1"],
  ['+1', "'+1"],
  ['-1', "'-1"],
  ['@SUM(A1)', "'@SUM(A1)"],
  ['\t=1', "'\t=1"],
  ['\r=1', '"\'\r=1"'],
  ['=HYPERLINK("https://evil.example","Open")', '"\'=HYPERLINK(""https://evil.example"",""Open"")"'],
])('csvLine puts an apostrophe in front of %j', (text, written) => {
  expect(csvLine([text])).toBe(`${written}\r\n`);
});

test('csvLine leaves a negative number and an inner sign as they are', () => {
  expect(csvLine([-1, 'a=b', 'gpt-4o'])).toBe('-1,a=b,gpt-4o\r\n');
});
