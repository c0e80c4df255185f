import type { OverviewRow } from '@agentbot/contracts';
import { t } from '@lingui/core/macro';
import { MessageCircle, Play, Square } from 'lucide-react';
import Link from 'next/link';
import { useState } from 'react';
import { Button } from '../../components/ui/button.tsx';
import { buttonStyle } from '../../components/ui/button-style.ts';
import { api } from '../../lib/api/client.ts';
import { withToast } from '../../lib/toast/with-toast.ts';

const startable: readonly string[] = ['stopped', 'error', 'pending'];

/** What can be done with an agent without opening its page. */
export function RowActions({ agent: { id, name, status } }: { agent: OverviewRow }) {
  const [busy, setBusy] = useState(false);
  async function run(action: 'startAgent' | 'stopAgent', pending: string, success: string) {
    setBusy(true);
    await withToast(api(action, { params: { id } }), { pending, success });
    setBusy(false);
  }
  return (
    <div className="flex shrink-0 flex-col justify-center pr-1 sm:flex-row sm:items-center sm:pr-2">
      {(status === 'running' || busy) && (
        <Button
          kind="quiet"
          size="icon"
          busy={busy}
          aria-label={t`Stop ${name}`}
          title={t`Stop`}
          onClick={() => run('stopAgent', t`Stopping ${name}…`, t`${name} is stopped`)}
        >
          {!busy && <Square aria-hidden className="size-4" />}
        </Button>
      )}
      {startable.includes(status) && !busy && (
        <Button
          kind="quiet"
          size="icon"
          aria-label={t`Start ${name}`}
          title={t`Start`}
          onClick={() => run('startAgent', t`Starting ${name}…`, t`${name} is running`)}
        >
          <Play aria-hidden className="size-4" />
        </Button>
      )}
      <Link
        href={`/agents/${id}/chat`}
        prefetch={false}
        aria-label={t`Chat with ${name}`}
        title={t`Chat`}
        className={buttonStyle({ kind: 'quiet', size: 'icon' })}
      >
        <MessageCircle aria-hidden className="size-4" />
      </Link>
    </div>
  );
}
