/** Ends the session and leaves for the sign-in page; what that takes is loaded only then. */
export async function leave(): Promise<void> {
  const { signOut } = await import('next-auth/react');
  await signOut({ callbackUrl: '/signin' });
}
