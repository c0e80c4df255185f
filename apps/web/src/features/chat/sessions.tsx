'use client';

import { MessageSquarePlus } from 'lucide-react';
import { useState } from 'react';
import { Button } from '../../components/ui/button.tsx';
import { controlStyle } from '../../components/ui/field.tsx';
import { Problem } from '../../components/ui/notice.tsx';
import { errorMessage } from '../../lib/api/errors.ts';
import { formatTime } from '../../lib/format.ts';
import { withToast } from '../../lib/toast/with-toast.ts';
import { openConversation, useSessions } from './use-sessions.ts';

interface Props {
  agentId: string;
  chosen: string | undefined;
  running: boolean;
  onChoose: (id: string | undefined) => void;
}

/** Selects a conversation or opens a new one. */
export function Sessions({ agentId, chosen, running, onChoose }: Props) {
  const { data: sessions, error, mutate } = useSessions(agentId);
  const [busy, setBusy] = useState(false);
  async function open() {
    setBusy(true);
    const id = await withToast(openConversation(agentId), { pending: 'Opening a conversation…', success: 'The conversation is open' });
    await mutate();
    if (id) onChoose(id);
    setBusy(false);
  }
  return (
    <div className="flex flex-wrap items-center gap-2 border-line border-b p-3">
      <select
        aria-label="Conversation"
        className={`${controlStyle} min-w-0 flex-1`}
        value={chosen ?? ''}
        onChange={(event) => onChoose(event.target.value || undefined)}
      >
        <option value="">All conversations</option>
        {sessions?.map(({ id, createdAt, messageCount, status }) => (
          <option key={id} value={id}>
            {formatTime(createdAt)} · {messageCount} {messageCount === 1 ? 'message' : 'messages'}
            {status === 'ended' ? ' · ended' : ''}
          </option>
        ))}
      </select>
      <Button kind="plain" busy={busy} disabled={!running} onClick={open}>
        <MessageSquarePlus aria-hidden className="size-4" /> New conversation
      </Button>
      {error && !sessions && (
        <div className="w-full">
          <Problem onRetry={() => mutate()}>The conversations could not be listed. {errorMessage(error)}</Problem>
        </div>
      )}
    </div>
  );
}
