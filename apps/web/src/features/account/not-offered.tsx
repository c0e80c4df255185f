'use client';

import type { MessageDescriptor } from '@lingui/core';
import { Trans } from '@lingui/react/macro';
import Link from 'next/link';
import { LanguageChoice } from '../../components/language-choice.tsx';
import { say } from '../../lib/language/texts.ts';
import { withReturnPath } from '../../lib/session/return-path.ts';
import { AskAdministrator, type Wish } from './ask-administrator.tsx';

interface Props {
  title: MessageDescriptor;
  /** Why the installation does not offer it. */
  reason: MessageDescriptor;
  /** What an administrator gives instead. */
  wish: Wish;
  contact: string | null;
  /** The page to open after the sign-in. */
  next?: string;
}

/** Shown in place of a form that the installation does not offer. */
export function NotOffered({ title, reason, wish, contact, next = '/' }: Props) {
  return (
    <main className="mx-auto flex min-h-dvh max-w-sm flex-col justify-center px-4 py-10">
      <p className="mb-2 font-semibold text-accent">Agentbot</p>
      <h1 className="mb-6 font-semibold text-2xl">{say(title)}</h1>
      <div className="space-y-2 rounded-xl border border-line bg-surface p-5 text-sm">
        <p>{say(reason)}</p>
        <p>
          <AskAdministrator wish={wish} contact={contact} />
        </p>
      </div>
      <p className="mt-4 text-sm">
        <Link className="text-accent underline" href={withReturnPath('/signin', next)}>
          <Trans>Sign in</Trans>
        </Link>
      </p>
      <LanguageChoice className="mt-6 self-start" />
    </main>
  );
}
