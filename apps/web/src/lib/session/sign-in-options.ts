/** The ways of signing in that the sign-in page offers. */
export interface SignInOptions {
  providers: { id: string; name: string }[];
  /** Whether anybody may open an account. */
  signUp: boolean;
  /** Whether the installation mails links to set a new password. */
  passwordReset: boolean;
  /** Whom people ask for help, as the operator wrote it. */
  supportContact: string | null;
}
