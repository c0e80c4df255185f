import { msg } from '@lingui/core/macro';
import { say } from '../language/texts.ts';

const sentences = {
  CredentialsSignin: msg`Wrong email or password`,
  TooManyAttempts: msg`Too many attempts, please wait a moment`,
  Unavailable: msg`Sign-in is not available right now`,
  EmailTaken: msg`An account with this email already exists`,
  EmailUnverified: msg`Your sign-in provider has not verified your email address`,
  SignUpClosed: msg`Sign-up is closed. Ask an administrator of this installation for an account`,
  Blocked: msg`This account is blocked. Ask the administrator of this installation`,
  UnknownPasskey: msg`This passkey does not sign in here: it was removed, or it verifies agents only. Sign in another way`,
  PasskeyCopied: msg`This passkey was refused because a copy of it may be in use. Sign in another way, then remove it under Account`,
  PasskeyExpired: msg`The request for the passkey has expired or was used already. Try again`,
  Failed: msg`Sign-in failed. Try again.`,
};

/** The code of a failed sign-in. The sign-in page's address contains it, so it is never shown itself. */
export type SignInError = keyof typeof sentences;

/** The sentence for the code of a failed sign-in. Any other text, also a code of next-auth, gives the general sentence. */
export const signInErrorMessage = (code: string): string =>
  say(Object.hasOwn(sentences, code) ? sentences[code as SignInError] : sentences.Failed);
