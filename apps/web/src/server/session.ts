import { connection } from 'next/server';
import { getServerSession } from 'next-auth';
import type { Subject } from './assertion.ts';
import { authOptions } from './auth.ts';

/** The signed-in user and when they signed in, from the session cookie alone. */
export async function currentUser(): Promise<(Subject & { email: string }) | null> {
  // A page that knows its user cannot be made at build time, where there are no secrets either.
  await connection();
  const session = await getServerSession(authOptions());
  const user = session?.user as { id?: string; email?: string | null; signedInAt?: number } | undefined;
  return user?.id ? { id: user.id, email: user.email ?? '', signedInAt: user.signedInAt ?? 0 } : null;
}
