import { redirect } from 'next/navigation';
import type { ReactNode } from 'react';
import { Header } from '../../features/account/header.tsx';
import { Session } from '../../features/account/session.tsx';
import { currentUser } from '../../server/session.ts';

export default async function DashboardLayout({ children }: { children: ReactNode }) {
  const user = await currentUser();
  if (!user) redirect('/signin');
  return (
    <Session>
      <Header email={user.email} />
      <main className="mx-auto max-w-5xl px-4 py-6 sm:py-8">{children}</main>
    </Session>
  );
}
