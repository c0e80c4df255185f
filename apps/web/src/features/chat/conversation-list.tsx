'use client';

import type { ConversationView } from '@agentbot/contracts';
import { plural, t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { MessageSquarePlus } from 'lucide-react';
import { useState } from 'react';
import { channelOf } from '../../components/agent/channel-names.ts';
import { Button } from '../../components/ui/button.tsx';
import { Problem } from '../../components/ui/notice.tsx';
import { RelativeTime } from '../../components/ui/relative-time.tsx';
import { SearchBox } from '../../components/ui/search-box.tsx';
import { errorMessage } from '../../lib/api/errors.ts';
import { useHydrated } from '../../lib/hooks/use-hydrated.ts';
import { useReloadConversations } from '../../lib/hooks/use-reload-conversations.ts';
import { nameOf, useConversations } from './use-conversations.ts';

/** The server's limit of a search. */
const MAX_SEARCH_CHARACTERS = 200;

interface Props {
  agentId: string;
  /** The shown conversation; undefined for a new one. */
  shown: string | undefined;
  onSelect: (id: string | undefined) => void;
}

function Entry({ conversation, current, onSelect }: { conversation: ConversationView; current: boolean; onSelect: () => void }) {
  const { lastActivityAt, messageCount, status } = conversation;
  const facts = [
    plural(messageCount, { one: `${messageCount} message`, other: `${messageCount} messages` }),
    channelOf(conversation),
    status === 'ended' && t({ message: 'ended', context: 'conversation' }),
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

/** Lists the conversations of an agent. The user can search them, select one, or start a new one. */
export function ConversationList({ agentId, shown, onSelect }: Props) {
  const [search, setSearch] = useState('');
  // A click before React hydrates the page would be lost.
  const hydrated = useHydrated();
  const { data, error } = useConversations(agentId, search);
  const reload = useReloadConversations(agentId);
  // The results of the previous search stay until the new ones arrive, but not beside the error of the new search.
  const found = error && data?.search !== search ? undefined : data;
  return (
    <div className="flex min-h-0 flex-1 flex-col gap-2">
      <Button kind="plain" className="shrink-0" disabled={!hydrated} onClick={() => onSelect(undefined)}>
        <MessageSquarePlus aria-hidden className="size-4" /> <Trans>New conversation</Trans>
      </Button>
      <SearchBox label={t`Search conversations`} maxLength={MAX_SEARCH_CHARACTERS} className="w-full shrink-0" onSearch={setSearch} />
      {error && !found && (
        <Problem onRetry={reload}>
          <Trans>The conversations could not be listed.</Trans> {errorMessage(error)}
        </Problem>
      )}
      {found?.conversations.length === 0 && (
        <p className="px-3 py-2 text-muted text-sm">{found.search ? t`No conversation contains this text.` : t`No conversations yet.`}</p>
      )}
      <nav aria-label={t`Conversations`} className="min-h-0 flex-1 overflow-y-auto">
        <ul className="space-y-0.5">
          {found?.conversations.map((each) => (
            <Entry key={each.id} conversation={each} current={each.id === shown} onSelect={() => onSelect(each.id)} />
          ))}
        </ul>
        {found && found.total > found.conversations.length && (
          <p className="px-3 py-2 text-muted text-xs">
            <Trans>
              The list shows the latest {found.conversations.length} of {found.total} conversations. Use the search to find an older one.
            </Trans>
          </p>
        )}
      </nav>
    </div>
  );
}
