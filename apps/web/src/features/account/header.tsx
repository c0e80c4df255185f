'use client';

import Link from 'next/link';
import { signOut } from 'next-auth/react';
import { useMe } from './use-me.ts';

/** The dashboard's header: where one is, who one is, how many agents are left. */
export function Header({ email }: { email: string }) {
  const { data: me } = useMe();
  return (
    <header className="border-line border-b bg-surface">
      <div className="mx-auto flex max-w-5xl items-center gap-4 px-4 py-3">
        <Link href="/agents" className="font-semibold text-accent">
          Agentbot
        </Link>
        <p className="ml-auto min-w-0 truncate text-muted text-sm">
          {me && (
            <span className="mr-3 whitespace-nowrap">
              {me.agentCount} of {me.agentLimit} agents
            </span>
          )}
          <span className="hidden sm:inline">{email}</span>
        </p>
        <button
          type="button"
          className="min-h-10 cursor-pointer whitespace-nowrap text-sm underline"
          onClick={() => signOut({ callbackUrl: '/signin' })}
        >
          Sign out
        </button>
      </div>
    </header>
  );
}
