import { expect, test } from '@jest/globals';
import { readPrecondition } from './precondition.ts';

// RFC 9110: 13.1.1 If-Match compares strongly, 13.1.2 If-None-Match weakly; `*` stands for any current representation.

test.each<[ifMatch: string | undefined, ifNoneMatch: string | undefined, current: string | null, holds: boolean]>([
  [undefined, undefined, 'a', true],
  [undefined, undefined, null, true],
  ['"a"', undefined, 'a', true],
  ['"b"', undefined, 'a', false],
  ['"b", "a"', undefined, 'a', true],
  ['W/"a"', undefined, 'a', false],
  ['"a"', undefined, null, false],
  ['*', undefined, 'a', true],
  ['*', undefined, null, false],
  [undefined, '*', 'a', false],
  [undefined, '*', null, true],
  [undefined, '"a"', 'a', false],
  [undefined, 'W/"a"', 'a', false],
  [undefined, '"b"', 'a', true],
  [undefined, '"b"', null, true],
  ['"a"', '"a"', 'a', false],
  ['"a"', '"b"', 'a', true],
])('If-Match %s and If-None-Match %s with the current ETag %s: %s', (ifMatch, ifNoneMatch, current, holds) => {
  expect(readPrecondition(ifMatch, ifNoneMatch)(current)).toBe(holds);
});

test.each(['a', '', '"a', '"a" "b"', '"a",', 'w/"a"', '"a"b"', '"é"'])('an ETag %j is refused', (header) => {
  expect(() => readPrecondition(header, undefined)).toThrow('If-Match must be * or an ETag in double quotes');
  expect(() => readPrecondition(undefined, header)).toThrow('If-None-Match must be * or an ETag in double quotes');
});
