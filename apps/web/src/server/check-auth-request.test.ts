import { expect, test } from '@jest/globals';
import { checkAuthRequest } from './check-auth-request.ts';

const address = 'http://localhost:3000/api/auth/callback/credentials';
const post = (body: string, type = 'application/x-www-form-urlencoded') =>
  checkAuthRequest(new Request(address, { method: 'POST', body, headers: { 'content-type': type } }));
const refusal = async (answer: Awaited<ReturnType<typeof checkAuthRequest>>) =>
  answer instanceof Response ? [answer.status, await answer.json()] : answer;

test('checkAuthRequest passes the body on', async () => {
  expect(await post('csrfToken=a&email=b')).toEqual({ body: 'csrfToken=a&email=b' });
  expect(await post('{"csrfToken":"a"}', 'application/json')).toEqual({ body: '{"csrfToken":"a"}' });
  expect(await checkAuthRequest(new Request('http://localhost:3000/api/auth/session'))).toEqual({ body: null });
});

test.each([
  'callbackUrl=%2Fagents',
  'callbackUrl=https%3A%2F%2Fdashboard.example%2F',
  'callbackUrl=',
  'callbackUrl=foo&callbackUrl=%2Fagents',
])('checkAuthRequest accepts the query %s', async (query) => {
  expect(await checkAuthRequest(new Request(`http://localhost:3000/api/auth/signin?${query}`))).toEqual({ body: null });
});

test('checkAuthRequest refuses an invalid callbackUrl after a valid one with 400', async () => {
  const request = new Request('http://localhost:3000/api/auth/signin?callbackUrl=%2Fagents&callbackUrl=foo');
  expect(await refusal(await checkAuthRequest(request))).toEqual([400, { error: 'Invalid callbackUrl' }]);
});

test('checkAuthRequest refuses a body over 16 KiB with 413, and malformed JSON with 400', async () => {
  expect(await post('x'.repeat(16 * 1024))).toHaveProperty('body');
  expect(await refusal(await post('x'.repeat(16 * 1024 + 1)))).toEqual([413, { error: 'Request body too large' }]);
  expect(await refusal(await post('{"csrf', 'application/json; charset=utf-8'))).toEqual([
    400,
    { error: 'Malformed JSON in request body' },
  ]);
});

test.each(['http://localhost:3000.evil.example/', 'http://[', 'foo', 'javascript:alert(1)'])(
  'checkAuthRequest refuses the callbackUrl %s with 400',
  async (callbackUrl) => {
    const request = new Request(`http://localhost:3000/api/auth/signin?callbackUrl=${encodeURIComponent(callbackUrl)}`);
    expect(await refusal(await checkAuthRequest(request))).toEqual([400, { error: 'Invalid callbackUrl' }]);
  },
);
