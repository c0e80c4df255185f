import { connection } from 'next/server';
import { getServerSession } from 'next-auth';
import type { Subject } from './assertion.ts';
import { authOptions } from './auth.ts';

/** The user and the session that the cookie names. Whether the session still holds, the backend alone knows. */
export async function currentUser(): Promise<(Subject & { email: string }) | null> {
  // A page that knows its user cannot be made at build time, where there are no secrets either.
  await connection();
  const session = await getServerSession(authOptions());
  const user = session?.user as { id?: string; email?: string | null; session?: string } | undefined;
  return user?.id && user.session ? { id: user.id, email: user.email ?? '', session: user.session } : null;
}
