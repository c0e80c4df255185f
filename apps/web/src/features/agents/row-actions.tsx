import type { OverviewRow } from '@agentbot/contracts';
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
          aria-label={`Stop ${name}`}
          title="Stop"
          onClick={() => run('stopAgent', `Stopping ${name}…`, `${name} is stopped`)}
        >
          {!busy && <Square aria-hidden className="size-4" />}
        </Button>
      )}
      {startable.includes(status) && !busy && (
        <Button
          kind="quiet"
          size="icon"
          aria-label={`Start ${name}`}
          title="Start"
          onClick={() => run('startAgent', `Starting ${name}…`, `${name} is running`)}
        >
          <Play aria-hidden className="size-4" />
        </Button>
      )}
      <Link
        href={`/agents/${id}/chat`}
        prefetch={false}
        aria-label={`Chat with ${name}`}
        title="Chat"
        className={buttonStyle({ kind: 'quiet', size: 'icon' })}
      >
        <MessageCircle aria-hidden className="size-4" />
      </Link>
    </div>
  );
}
