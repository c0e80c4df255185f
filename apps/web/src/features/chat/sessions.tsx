'use client';

import { MessageSquarePlus } from 'lucide-react';
import { useState } from 'react';
import { Button } from '../../components/ui/button.tsx';
import { controlLook } from '../../components/ui/field.tsx';
import { Problem } from '../../components/ui/notice.tsx';
import { sentenceOf } from '../../lib/api/client.ts';
import { timeOf } from '../../lib/format.ts';
import { act } from '../../lib/toast/with-toast.ts';
import { openConversation, useSessions } from './use-sessions.ts';

interface Props {
  agentId: string;
  chosen: string | undefined;
  running: boolean;
  onChoose: (id: string | undefined) => void;
}

/** Which conversation is shown, and the way to a new one. */
export function Sessions({ agentId, chosen, running, onChoose }: Props) {
  const { data: sessions, error, mutate } = useSessions(agentId);
  const [busy, setBusy] = useState(false);
  async function open() {
    setBusy(true);
    const id = await act(openConversation(agentId), { doing: 'Opening a conversation…', done: 'A new conversation' });
    await mutate();
    if (id) onChoose(id);
    setBusy(false);
  }
  return (
    <div className="flex flex-wrap items-center gap-2 border-line border-b p-3">
      <select
        aria-label="Conversation"
        className={`${controlLook} min-w-0 flex-1`}
        value={chosen ?? ''}
        onChange={(event) => onChoose(event.target.value || undefined)}
      >
        <option value="">All conversations</option>
        {sessions?.map(({ id, createdAt, messageCount, status }) => (
          <option key={id} value={id}>
            {timeOf(createdAt)} · {messageCount} {messageCount === 1 ? 'message' : 'messages'}
            {status === 'ended' ? ' · ended' : ''}
          </option>
        ))}
      </select>
      <Button kind="plain" busy={busy} disabled={!running} onClick={open}>
        <MessageSquarePlus aria-hidden className="size-4" /> New conversation
      </Button>
      {error && !sessions && (
        <div className="w-full">
          <Problem onRetry={() => mutate()}>The conversations could not be listed. {sentenceOf(error)}</Problem>
        </div>
      )}
    </div>
  );
}
