'use client';

import type { ConversationView } from '@agentbot/contracts';
import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { PanelLeft, Pencil } from 'lucide-react';
import { type FormEvent, useState } from 'react';
import { channelOf } from '../../components/agent/channel-names.ts';
import { Button } from '../../components/ui/button.tsx';
import { ConfirmButton } from '../../components/ui/confirm-button.tsx';
import { Dialog } from '../../components/ui/dialog.tsx';
import { Field } from '../../components/ui/field.tsx';
import { api } from '../../lib/api/client.ts';
import { useReloadConversations } from '../../lib/hooks/use-reload-conversations.ts';
import { acceptedWithToast } from '../../lib/toast/with-toast.ts';
import { nameOf } from './use-conversations.ts';

interface Props {
  agentId: string;
  /** The id of the shown conversation; undefined for a new one, which begins with the next message. */
  shown: string | undefined;
  /** Whether it is known which conversation is shown. */
  ready: boolean;
  /** Undefined for a new conversation, and while it is not loaded. */
  conversation: ConversationView | undefined;
  onDeleted: (id: string) => void;
  /** Opens the list of conversations on a narrow screen, which does not show it. */
  onOpenList: () => void;
}

function Rename({ agentId, conversation }: { agentId: string; conversation: ConversationView }) {
  const [open, setOpen] = useState(false);
  const [title, setTitle] = useState('');
  const [busy, setBusy] = useState(false);
  const reload = useReloadConversations(agentId);
  async function rename(event: FormEvent) {
    event.preventDefault();
    setBusy(true);
    const params = { id: agentId, conversationId: conversation.id };
    const request = api('renameConversation', { params, body: { title } });
    const renamed = await acceptedWithToast(request, { pending: t`Renaming…`, success: t`The conversation is renamed` });
    if (renamed) await reload();
    setBusy(false);
    if (renamed) setOpen(false);
  }
  return (
    <>
      <Button
        kind="quiet"
        size="small"
        onClick={() => {
          setTitle(conversation.title ?? '');
          setOpen(true);
        }}
      >
        <Pencil aria-hidden className="size-4" /> <Trans>Rename</Trans>
      </Button>
      <Dialog open={open} onOpenChange={setOpen} title={t`Rename the conversation`} description={t`The title is shown only to you.`}>
        <form onSubmit={rename} className="space-y-4">
          <Field label={t`Title`} value={title} maxLength={120} autoComplete="off" onChange={(event) => setTitle(event.target.value)} />
          <div className="flex flex-wrap justify-end gap-2">
            <Button kind="plain" onClick={() => setOpen(false)}>
              <Trans>Go back</Trans>
            </Button>
            <Button type="submit" busy={busy} disabled={!title.trim()}>
              <Trans>Save title</Trans>
            </Button>
          </div>
        </form>
      </Dialog>
    </>
  );
}

/** The conversation that is shown and that the next message joins, with its actions. */
export function ConversationHeader({ agentId, shown, ready, conversation, onDeleted, onOpenList }: Props) {
  const reload = useReloadConversations(agentId);
  const name = conversation ? nameOf(conversation) : shown || !ready ? t`Conversation` : t`New conversation`;
  async function remove() {
    if (!conversation) return true;
    const request = api('deleteConversation', { params: { id: agentId, conversationId: conversation.id } });
    const deleted = await acceptedWithToast(request, { pending: t`Deleting the conversation…`, success: t`The conversation is deleted` });
    if (deleted) {
      // The page shows another conversation before the list loses this one.
      onDeleted(conversation.id);
      await reload();
    }
    return deleted;
  }
  const channel = conversation && channelOf(conversation);
  return (
    <div className="flex min-h-12 flex-wrap items-center gap-x-2 border-line border-b px-2 py-1 sm:px-3">
      <Button kind="quiet" size="icon" aria-label={t`Conversations`} className="md:hidden" onClick={onOpenList}>
        <PanelLeft aria-hidden className="size-5" />
      </Button>
      <h2 className="min-w-0 flex-1 truncate font-medium text-sm" title={name}>
        {name}
        {channel && <span className="ml-2 font-normal text-muted text-xs">{channel}</span>}
        {conversation?.status === 'ended' && (
          <span className="ml-2 font-normal text-muted text-xs">
            <Trans context="conversation">ended</Trans>
          </span>
        )}
      </h2>
      {conversation && (
        <div className="flex items-center gap-1">
          <Rename agentId={agentId} conversation={conversation} />
          <ConfirmButton
            action={t`Delete`}
            size="small"
            title={t`Delete “${name}”?`}
            description={t`The conversation and its messages are deleted, and the agent forgets them. What the agent wrote into its memory files stays. A reply in progress is stopped. This cannot be undone.`}
            confirm={t`Delete the conversation`}
            onConfirm={remove}
          />
        </div>
      )}
    </div>
  );
}
