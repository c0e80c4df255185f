import { expect, test } from '@jest/globals';
import { returnPath, withReturnPath } from './return-path.ts';

test.each([
  ['/agents/agent_1/chat', '/agents/agent_1/chat'],
  ['/agents/agent_1/logs?level=warn#end', '/agents/agent_1/logs?level=warn#end'],
  ['/account', '/account'],
  ['/agents/../account', '/account'],
])('returnPath keeps %s', (wanted, path) => {
  expect(returnPath(wanted)).toBe(path);
});

test.each([
  undefined,
  '',
  'agents',
  'https://evil.example/',
  '//evil.example/',
  '/\\evil.example/',
  '/.//evil.example/',
  '/agents/..//evil.example/',
  '/\t/evil.example/',
  '\\\\evil.example',
  'javascript:alert(1)',
  '/api/auth/signout',
  '/signin?callbackUrl=/signin',
  '/signup',
  '/reset?token=x',
  'http://[',
])('returnPath replaces %j with the list of agents', (wanted) => {
  expect(returnPath(wanted)).toBe('/agents');
});

test('withReturnPath names the page to return to, unless it is the first one', () => {
  expect(withReturnPath('/signin', '/account/keys?x=1')).toBe('/signin?callbackUrl=%2Faccount%2Fkeys%3Fx%3D1');
  expect([withReturnPath('/signin', '/agents'), withReturnPath('/signup', '/')]).toEqual(['/signin', '/signup']);
});
