'use client';

import { ApiError } from '@agentbot/contracts/client';
import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { SearchX } from 'lucide-react';
import Link from 'next/link';
import { usePathname } from 'next/navigation';
import type { ReactNode } from 'react';
import { useSWRConfig } from 'swr';
import { Avatar } from '../../components/agent/avatar.tsx';
import { LifecycleButtons } from '../../components/agent/lifecycle-buttons.tsx';
import { StatusBadge } from '../../components/agent/status-badge.tsx';
import { buttonStyle } from '../../components/ui/button-style.ts';
import { EmptyState } from '../../components/ui/empty-state.tsx';
import { Problem } from '../../components/ui/notice.tsx';
import { errorMessage } from '../../lib/api/errors.ts';
import { useAgent } from '../../lib/hooks/use-agent.ts';
import { useAgentChanges } from '../../lib/hooks/use-agent-changes.ts';
import { useReloadConversations } from '../../lib/hooks/use-reload-conversations.ts';
import { SectionTabs, sectionName } from './section-tabs.tsx';

/** The header of every section of an agent. It subscribes to the agent's changes and revalidates the caches of all sections. */
export function AgentFrame({ id, children }: { id: string; children: ReactNode }) {
  const { data: agent, error, mutate: retry } = useAgent(id);
  const { mutate } = useSWRConfig();
  const reloadConversations = useReloadConversations(id);
  // On a phone the chat fills the screen below the tabs.
  const pathname = usePathname();
  const isChat = pathname?.endsWith('/chat');
  useAgentChanges(
    (frame) => {
      const [row] = frame.type === 'changed' ? frame.agents : [];
      const hasNewMessage = row && row.lastMessage?.at !== agent?.lastMessage?.at;
      if (!row || hasNewMessage) void reloadConversations();
      void mutate(['agent', id]);
      if (!hasNewMessage) void mutate(['operations', id]);
    },
    { agentId: id },
  );

  if (error instanceof ApiError && error.status === 404) {
    return (
      <EmptyState
        heading="h1"
        icon={SearchX}
        title={t`This agent does not exist`}
        description={t`It may have been deleted, or it belongs to another account.`}
      >
        <Link href="/agents" className={buttonStyle()}>
          <Trans>Back to your agents</Trans>
        </Link>
      </EmptyState>
    );
  }
  return (
    <>
      <nav aria-label={t`Breadcrumb`} className={`mb-2 text-muted text-sm ${isChat ? 'max-sm:hidden' : ''}`}>
        <ol className="flex min-h-6 flex-wrap items-center gap-x-1.5">
          <li>
            <Link href="/agents" className="hover:text-ink">
              <Trans>Agents</Trans>
            </Link>
          </li>
          <li aria-hidden>/</li>
          <li className="max-w-64 truncate">
            <Link href={`/agents/${id}`} className="hover:text-ink">
              {agent?.name ?? id}
            </Link>
          </li>
          <li aria-hidden>/</li>
          <li aria-current="page">{sectionName(pathname, id)}</li>
        </ol>
      </nav>
      <div className={`mb-4 flex min-h-10 flex-wrap items-center justify-between gap-x-4 gap-y-3 ${isChat ? 'max-sm:sr-only' : ''}`}>
        <div className="flex min-w-0 flex-wrap items-center gap-x-3 gap-y-1">
          <Avatar id={id} />
          <h1 className="wrap-anywhere min-w-0 font-semibold text-2xl">{agent?.name ?? '\u00a0'}</h1>
          {agent && <StatusBadge status={agent.status} />}
          <p className="text-muted text-sm">{agent?.model}</p>
        </div>
        {/* Screen readers still find the heading; a hidden button would take the focus. */}
        <div className={isChat ? 'max-sm:hidden' : undefined}>{agent && <LifecycleButtons id={id} status={agent.status} />}</div>
      </div>
      <SectionTabs id={id} compact={isChat} />
      {error && !agent ? <Problem onRetry={() => retry()}>{errorMessage(error)}</Problem> : children}
    </>
  );
}
