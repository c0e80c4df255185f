'use client';

import { Bot } from 'lucide-react';
import Link from 'next/link';
import { signOut } from 'next-auth/react';
import { useMe } from './use-me.ts';

/** The dashboard's header: where one is, who one is, what the account holds. */
export function Header({ email }: { email: string }) {
  const { data: me } = useMe();
  const plan = me && (me.plan ? `${me.plan} plan` : me.admin ? 'administrator' : 'no plan');
  return (
    <header className="border-line border-b bg-surface">
      <div className="mx-auto flex max-w-5xl flex-wrap items-center gap-x-4 px-4 py-2">
        <Link href="/agents" className="flex min-h-10 items-center gap-2 font-semibold text-accent">
          <Bot aria-hidden className="size-5" /> Agentbot
        </Link>
        <p className="order-last w-full min-w-0 truncate pb-1 text-muted text-sm sm:order-none sm:ml-auto sm:w-auto sm:max-w-[60%] sm:pb-0">
          {me && (
            <span className="mr-3">
              {plan} · {me.agentCount} of {me.agentLimit} agents
            </span>
          )}
          {email}
        </p>
        <button
          type="button"
          className="ml-auto min-h-10 cursor-pointer whitespace-nowrap text-sm underline underline-offset-4 sm:ml-0"
          onClick={() => signOut({ callbackUrl: '/signin' })}
        >
          Sign out
        </button>
      </div>
    </header>
  );
}
