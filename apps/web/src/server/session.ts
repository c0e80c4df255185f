import { connection } from 'next/server';
import { getServerSession } from 'next-auth';
import type { Subject } from './assertion.ts';
import { authOptions } from './auth.ts';

/** The user and the session in the cookie. Only the backend knows whether the session is still valid. */
export async function currentUser(): Promise<(Subject & { email: string }) | null> {
  // Excludes the page from prerendering: at build time there is no user and no secret.
  await connection();
  const session = await getServerSession(authOptions());
  const user = session?.user as { id?: string; email?: string | null; session?: string } | undefined;
  return user?.id && user.session ? { id: user.id, email: user.email ?? '', session: user.session } : null;
}
