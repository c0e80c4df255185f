/** The ways of signing in that the sign-in page offers. */
export interface SignInOptions {
  providers: { id: string; name: string }[];
  passwordReset: boolean;
}
