import type { OverviewRow } from '@agentbot/contracts';
import { t } from '@lingui/core/macro';
import Link from 'next/link';
import { memo } from 'react';
import { Avatar } from '../../components/agent/avatar.tsx';
import { budgetWarning } from '../../components/agent/budget-text.ts';
import { bypassWarning } from '../../components/agent/bypass-text.ts';
import { channelNames } from '../../components/agent/channel-names.ts';
import { StatusBadge } from '../../components/agent/status-badge.tsx';
import { Input } from '../../components/ui/field.tsx';
import { RelativeTime } from '../../components/ui/relative-time.tsx';
import { formatUsd } from '../../lib/format.ts';
import { planName } from '../../lib/plans.ts';
import { RowActions } from './row-actions.tsx';
import { Sparkline } from './sparkline.tsx';

interface Props {
  agent: OverviewRow;
  /** Whether the agent is selected. */
  ticked: boolean;
  onTick: (id: string, on: boolean) => void;
}

/** The last message of a conversation, and whether the reader wrote it. */
const said = ({ sender, text }: NonNullable<OverviewRow['lastMessage']>) => (sender === 'user' ? `${t`You:`} ${text}` : text);

/** One agent of the list. Memoized: a change of one agent does not render the other rows. */
export const AgentRow = memo(function AgentRow({ agent, ticked, onTick }: Props) {
  const { lastMessage } = agent;
  const problem = agent.reason ?? agent.diskProblem;
  const warning = bypassWarning(agent) ?? budgetWarning(agent.budgets.agent, 'agent');
  const colour = problem ? 'text-danger' : warning ? 'text-warn' : 'text-muted';
  return (
    <div className="flex h-full rounded-xl border border-line bg-surface hover:border-muted has-checked:border-accent">
      <label className="flex w-9 shrink-0 cursor-pointer items-center justify-center sm:w-11">
        <Input
          type="checkbox"
          className="size-4 accent-accent"
          aria-label={t`Select ${agent.name}`}
          checked={ticked}
          onChange={({ target }) => onTick(agent.id, target.checked)}
        />
      </label>
      <Link
        href={`/agents/${agent.id}`}
        prefetch={false}
        className="grid h-full min-w-0 flex-1 grid-cols-[minmax(0,1fr)_auto] content-center items-center gap-x-4 gap-y-1 py-3 pr-3 lg:grid-cols-[minmax(0,1.2fr)_minmax(0,1.5fr)_10.5rem_4rem_6.5rem]"
      >
        <div className="flex min-w-0 items-center gap-3">
          <Avatar id={agent.id} />
          <div className="min-w-0">
            <h2 className="truncate font-semibold">{agent.name}</h2>
            <p className="truncate text-muted text-xs">
              {agent.model} · {planName(agent.plan)}
              {agent.spentTodayUsd > 0 && ` · ${t`${{ cost: formatUsd(agent.spentTodayUsd) }} today`}`}
            </p>
          </div>
        </div>
        <p
          className={`order-1 col-span-2 line-clamp-1 min-h-5 wrap-anywhere text-sm lg:order-none lg:col-span-1 lg:line-clamp-2 ${colour}`}
        >
          {problem ?? warning ?? (lastMessage ? said(lastMessage) : t`No messages yet`)}
        </p>
        <div className="order-2 col-span-2 flex min-h-5 items-center justify-between gap-x-4 lg:contents">
          <p className="flex min-w-0 gap-x-1.5 text-muted text-xs lg:block">
            <span className="block truncate">
              {agent.channels.map((channel) => channelNames[channel]).join(t`, `) || t`Dashboard only`}
            </span>
            <span aria-hidden className="lg:hidden">
              ·
            </span>
            <span className="whitespace-nowrap">
              <RelativeTime time={lastMessage?.at ?? agent.createdAt} />
            </span>
          </p>
          <div className="hidden shrink-0 gap-x-3 sm:flex lg:block lg:space-y-1">
            {agent.figures && (
              <>
                <Sparkline label="CPU" values={agent.figures.cpu} className="text-accent" />
                <Sparkline label={t`Memory`} values={agent.figures.memory} className="text-good" />
              </>
            )}
          </div>
        </div>
        <span className="justify-self-end">
          <StatusBadge status={agent.status} />
        </span>
      </Link>
      <RowActions agent={agent} />
    </div>
  );
});
