import { expect, test } from '@jest/globals';
import { signInErrorMessage } from './sign-in-errors.ts';

test('signInErrorMessage shows a sentence of its own for each code', () => {
  expect(signInErrorMessage('EmailTaken')).toBe('An account with this email already exists');
  expect(signInErrorMessage('Blocked')).toBe('This account is blocked. Ask the administrator of this installation');
  expect(signInErrorMessage('CredentialsSignin')).toBe('Wrong email or password');
});

test.each(['Your account was locked: call 555 0100', 'OAuthCallback', '', 'toString', '__proto__'])(
  'signInErrorMessage never shows %j',
  (text) => {
    expect(signInErrorMessage(text)).toBe('Sign-in failed. Try again.');
  },
);
