import { beforeAll, expect, test } from '@jest/globals';
import { jwtVerify } from 'jose';
import { signAssertion } from './assertion.ts';

const secret = 'a'.repeat(32);
beforeAll(() => {
  Object.assign(process.env, { ASSERTION_SECRET: secret, NEXTAUTH_SECRET: 's'.repeat(32) });
});

/** Reads an assertion as its receiver does. @see https://www.rfc-editor.org/rfc/rfc7519 */
async function claimsOf(assertion: string) {
  const expected = { algorithms: ['HS256'], issuer: 'agentbot-web', audience: 'agentbot-backend' };
  return (await jwtVerify(assertion, new TextEncoder().encode(secret), expected)).payload;
}

test('signAssertion vouches for the user and the session, for 60 seconds', async () => {
  const { sub, sid, iat = 0, exp } = await claimsOf(await signAssertion({ id: 'user_1', session: 'session_1' }));
  expect([sub, sid, exp]).toEqual(['user_1', 'session_1', iat + 60]);
  expect(Math.abs(Date.now() / 1000 - iat)).toBeLessThan(5);
});

test('signAssertion vouches for nobody when the web app calls for itself', async () => {
  const claims = await claimsOf(await signAssertion(undefined));
  expect(Object.keys(claims).sort()).toEqual(['aud', 'exp', 'iat', 'iss', 'jti']);
});

test('signAssertion gives each assertion its own id, since the backend accepts an id once', async () => {
  const user = { id: 'user_1', session: 'session_1' };
  const ids = await Promise.all([1, 2, 3].map(async () => (await claimsOf(await signAssertion(user))).jti));
  expect(new Set(ids).size).toBe(3);
});
