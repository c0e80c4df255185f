'use client';

import type { SessionView } from '@agentbot/contracts';
import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { useState } from 'react';
import useSWR from 'swr';
import { Button } from '../../components/ui/button.tsx';
import { Card } from '../../components/ui/card.tsx';
import { Loading } from '../../components/ui/loading.tsx';
import { Problem } from '../../components/ui/notice.tsx';
import { RelativeTime } from '../../components/ui/relative-time.tsx';
import { api } from '../../lib/api/client.ts';
import { errorMessage } from '../../lib/api/errors.ts';
import { formatTime } from '../../lib/format.ts';
import { withToast } from '../../lib/toast/with-toast.ts';
import { browserName } from './browser-name.ts';

function SessionRow({ session, onEnded }: { session: SessionView; onEnded: () => Promise<unknown> }) {
  const [busy, setBusy] = useState(false);
  const name = browserName(session.userAgent);
  async function end() {
    setBusy(true);
    await withToast(api('endAccountSession', { params: { id: session.id } }), {
      pending: t`Ending the session…`,
      success: t`The session has ended`,
    });
    await onEnded();
    setBusy(false);
  }
  return (
    <li className="flex flex-wrap items-center justify-between gap-3 py-3 text-sm">
      <div className="min-w-0">
        <p className="font-medium" title={session.userAgent ?? undefined}>
          {name}
        </p>
        <p className="text-muted text-xs">
          <Trans>
            last used <RelativeTime time={session.lastSeenAt} /> · signed in {formatTime(session.createdAt)}
          </Trans>
        </p>
      </div>
      {session.current ? (
        <span className="rounded-full bg-accent-soft px-2.5 py-1 text-accent text-xs">
          <Trans>This session</Trans>
        </span>
      ) : (
        <Button
          size="small"
          kind="danger"
          busy={busy}
          aria-label={t`End the session of ${name}, signed in ${formatTime(session.createdAt)}`}
          onClick={end}
        >
          <Trans>End</Trans>
        </Button>
      )}
    </li>
  );
}

/** Where the account is signed in. */
export function Sessions() {
  const { data, error, mutate } = useSWR('account-sessions', () => api('listAccountSessions', {}));
  return (
    <Card title={t`Sessions`} description={t`Where you are signed in. A session that you end is signed out at once.`}>
      {error && !data && <Problem onRetry={() => mutate()}>{errorMessage(error)}</Problem>}
      {!data && !error && <Loading className="h-14" />}
      {data && (
        <ul aria-label={t`Sessions`} className="-my-1 divide-y divide-line">
          {data.sessions.map((session) => (
            <SessionRow key={session.id} session={session} onEnded={() => mutate()} />
          ))}
        </ul>
      )}
    </Card>
  );
}
