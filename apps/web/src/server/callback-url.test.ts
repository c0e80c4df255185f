import { expect, test } from '@jest/globals';
import { NextRequest } from 'next/server';
import { withoutInvalidCallback } from './callback-url.ts';

const cookieAfter = (cookie: string) =>
  withoutInvalidCallback(new NextRequest('http://localhost:3000/agents', { headers: { cookie } })).get('cookie');

// The grammar of addresses: https://url.spec.whatwg.org/#concept-url-parser
test.each(['http://localhost:3000.evil.example/', 'http://[', 'foo', 'javascript:alert(1)', '//['])(
  'withoutInvalidCallback removes the callback cookie %s, plain and encoded, and keeps the others',
  (value) => {
    for (const name of ['next-auth.callback-url', '__Secure-next-auth.callback-url']) {
      for (const text of [value, encodeURIComponent(value)]) {
        expect(cookieAfter(`a=1; ${name}=${text}; next-auth.session-token=t`)).toBe('a=1; next-auth.session-token=t');
      }
    }
  },
);

test('withoutInvalidCallback looks at the last of two callback cookies, as next-auth does', () => {
  expect(cookieAfter('next-auth.callback-url=%2Fagents; next-auth.callback-url=foo; a=1')).toBe('a=1');
});

test.each([
  'a=1; next-auth.callback-url=http%3A%2F%2Flocalhost%3A3000%2Fagents',
  'next-auth.callback-url=%2Fagents',
  'next-auth.callback-url=',
  'my-next-auth.callback-url=foo',
  'a=1',
])('withoutInvalidCallback keeps %s', (cookie) => {
  expect(cookieAfter(cookie)).toBe(cookie);
});
