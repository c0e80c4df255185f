import { notFound } from 'next/navigation';
import type { ReactNode } from 'react';
import { readBackend } from '../../../server/read-backend.ts';
import { currentUser } from '../../../server/session.ts';

/** The pages of administrators do not exist for anybody else. While the backend is unavailable, each page shows its own error. */
export default async function AdministrationLayout({ children }: { children: ReactNode }) {
  const user = await currentUser();
  const me = user && (await readBackend('getMe', user));
  if (me && !me.admin) notFound();
  return children;
}
