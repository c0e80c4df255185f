import { expect, test } from '@jest/globals';
import { safeRedirect } from './safe-redirect.ts';

const baseUrl = 'http://localhost:3000';

test.each([
  ['/agents?x=1', 'http://localhost:3000/agents?x=1'],
  ['http://localhost:3000/agents', 'http://localhost:3000/agents'],
  ['http://localhost:3000.evil.example/', baseUrl],
  ['http://localhost:3000@evil.example/', baseUrl],
  ['//evil.example/', baseUrl],
  ['/\\evil.example/', baseUrl],
  ['https://localhost:3000/', baseUrl],
  ['javascript:alert(1)', baseUrl],
  ['http://[', baseUrl],
])('safeRedirect of %s', (url, expected) => {
  expect(safeRedirect({ url, baseUrl })).toBe(expected);
});
