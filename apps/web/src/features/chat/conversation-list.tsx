'use client';

import type { ConversationView } from '@agentbot/contracts';
import { MessageSquarePlus } from 'lucide-react';
import { useState } from 'react';
import { Button } from '../../components/ui/button.tsx';
import { wideControlStyle } from '../../components/ui/field.tsx';
import { Problem } from '../../components/ui/notice.tsx';
import { RelativeTime } from '../../components/ui/relative-time.tsx';
import { errorMessage } from '../../lib/api/errors.ts';
import { channelName } from './message-bubble.tsx';
import { nameOf, useConversations, useReloadConversations } from './use-conversations.ts';

interface Props {
  agentId: string;
  /** The shown conversation; undefined for a new one. */
  shown: string | undefined;
  onSelect: (id: string | undefined) => void;
}

function Entry({ conversation, current, onSelect }: { conversation: ConversationView; current: boolean; onSelect: () => void }) {
  const { lastActivityAt, messageCount, platform, status } = conversation;
  const facts = [
    `${messageCount} ${messageCount === 1 ? 'message' : 'messages'}`,
    platform !== 'web' && channelName(platform),
    status === 'ended' && 'ended',
  ].filter(Boolean);
  return (
    <li>
      <button
        type="button"
        aria-current={current ? 'true' : undefined}
        onClick={onSelect}
        className="block w-full cursor-pointer rounded-lg px-3 py-2 text-left text-sm hover:bg-hover aria-[current=true]:bg-accent-soft aria-[current=true]:font-medium aria-[current=true]:text-accent"
      >
        <span className="block truncate">{nameOf(conversation)}</span>
        <span className="block truncate font-normal text-muted text-xs">
          <RelativeTime time={lastActivityAt} /> · {facts.join(' · ')}
        </span>
      </button>
    </li>
  );
}

/** The conversations of an agent: search, select, begin a new one. */
export function ConversationList({ agentId, shown, onSelect }: Props) {
  const [search, setSearch] = useState('');
  const { data, error } = useConversations(agentId, search.trim());
  const reload = useReloadConversations(agentId);
  const found = data?.conversations;
  return (
    <div className="flex min-h-0 flex-1 flex-col gap-2">
      <Button kind="plain" className="shrink-0" onClick={() => onSelect(undefined)}>
        <MessageSquarePlus aria-hidden className="size-4" /> New conversation
      </Button>
      <input
        type="search"
        aria-label="Search conversations"
        placeholder="Search conversations"
        maxLength={200}
        className={`${wideControlStyle} shrink-0`}
        value={search}
        onChange={(event) => setSearch(event.target.value)}
      />
      {error && !found && <Problem onRetry={reload}>The conversations could not be listed. {errorMessage(error)}</Problem>}
      {found?.length === 0 && <p className="px-3 py-2 text-muted text-sm">{search.trim() ? 'Nothing found.' : 'No conversations yet.'}</p>}
      <nav aria-label="Conversations" className="min-h-0 flex-1 overflow-y-auto">
        <ul className="space-y-0.5">
          {found?.map((each) => (
            <Entry key={each.id} conversation={each} current={each.id === shown} onSelect={() => onSelect(each.id)} />
          ))}
        </ul>
        {data && data.total > data.conversations.length && (
          <p className="px-3 py-2 text-muted text-xs">
            The latest {data.conversations.length} of {data.total}. Search to find an older one.
          </p>
        )}
      </nav>
    </div>
  );
}
