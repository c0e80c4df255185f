'use client';

import type { AgentOverview } from '@agentbot/contracts';
import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { MessageCircle } from 'lucide-react';
import Link from 'next/link';
import { channelNames } from '../../components/agent/channel-names.ts';
import { OperationStages } from '../../components/agent/operation-stages.tsx';
import { outcomeName } from '../../components/agent/outcome-name.ts';
import { buttonStyle } from '../../components/ui/button-style.ts';
import { Card, DescriptionList } from '../../components/ui/card.tsx';
import { CopyButton } from '../../components/ui/copy-button.tsx';
import { Loading } from '../../components/ui/loading.tsx';
import { Problem } from '../../components/ui/notice.tsx';
import { RelativeTime } from '../../components/ui/relative-time.tsx';
import { errorMessage } from '../../lib/api/errors.ts';
import { formatTime } from '../../lib/format.ts';
import { useAgent } from '../../lib/hooks/use-agent.ts';
import { useOperations } from '../../lib/hooks/use-operations.ts';
import { planName } from '../../lib/plans.ts';
import { providerName } from '../../lib/providers.ts';
import { AgentHints } from './agent-hints.tsx';
import { ControlUiButton } from './control-ui-button.tsx';
import { GatewayToken } from './gateway-token.tsx';
import { Resources } from './resources.tsx';

function StateCard({ agent }: { agent: AgentOverview }) {
  const { observed, startedAt } = agent;
  const state = observed && outcomeName(observed.state);
  const rows = [
    [
      t`Observed`,
      observed ? (
        <Trans>
          container {state}, <RelativeTime time={observed.at} />
        </Trans>
      ) : (
        t`no container observed yet`
      ),
    ],
    [t`Started`, startedAt ? <RelativeTime time={startedAt} /> : t`not running`],
    [
      t`Runs in`,
      agent.runtime === 'api' ? t`the backend itself: Docker was unavailable` : agent.runtime ? t`its own container` : t`nothing yet`,
    ],
    ['OpenClaw', agent.openclawVersion ?? t`no container`],
    [t`Image`, agent.image ?? t`none yet`],
    [t`Plan`, planName(agent.plan)],
    [t`Provider`, providerName(agent.aiProvider)],
    [t`Channels`, agent.channels.map((channel) => channelNames[channel]).join(t`, `) || t`the dashboard`],
    [t`Verified`, agent.verified ? t`by ${{ method: agent.verificationType ?? '' }}` : t`no`],
    [t`Created`, <RelativeTime key="created" time={agent.createdAt} />],
  ] as const;
  return (
    <Card title={t`State`}>
      {agent.reason && (
        <div className="mb-3">
          <Problem>{agent.reason}</Problem>
        </div>
      )}
      {agent.diskProblem && (
        <div className="mb-3">
          <Problem>
            {agent.diskProblem}.{' '}
            {agent.disk?.stopsAt && (
              <Trans>The platform stops the agent at {formatTime(agent.disk.stopsAt)}, unless it has less by then.</Trans>
            )}
          </Problem>
        </div>
      )}
      <DescriptionList rows={rows} />
    </Card>
  );
}

/** An agent's last operation, observed state, addresses and resources. */
export function Overview({ id }: { id: string }) {
  const { data: agent } = useAgent(id);
  const { data: known, error, mutate } = useOperations(id);
  const newest = known?.operations[0];
  if (error && !known) return <Problem onRetry={() => mutate()}>{errorMessage(error)}</Problem>;
  if (!agent || !known) return <Loading rows={2} className="h-64" />;
  return (
    <>
      <AgentHints agent={agent} />
      <div className="grid grid-cols-[minmax(0,1fr)] items-start gap-4 lg:grid-cols-2">
        <div className="space-y-4">
          {agent.status === 'running' && (
            <Link href={`/agents/${id}/chat`} className={buttonStyle({ className: 'w-full' })}>
              <MessageCircle aria-hidden className="size-4" /> {agent.name.length > 24 ? t`Talk to the agent` : t`Talk to ${agent.name}`}
            </Link>
          )}
          {newest && (
            <Card title={t`Last operation`} description={<RelativeTime time={newest.createdAt} />}>
              <OperationStages operation={newest} />
            </Card>
          )}
          <Card title={t`Address`}>
            <div className="space-y-3 text-sm">
              {[agent.url, agent.websocketUrl].map((address) => (
                <div key={address} className="flex flex-wrap items-center justify-between gap-2">
                  <code className="wrap-anywhere min-w-0 font-mono text-xs">{address}</code>
                  <CopyButton text={address} />
                </div>
              ))}
              {agent.status === 'running' && agent.runtime === 'container' && (
                <div>
                  <p className="mb-1.5 text-muted">
                    <Trans>OpenClaw’s own interface, at the agent’s address. Your browser stays signed in there</Trans>
                  </p>
                  <ControlUiButton id={id} />
                </div>
              )}
              <div>
                <p className="mb-1.5 text-muted">
                  <Trans>Gateway token. Keep it secret: it gives full access to this agent.</Trans>
                </p>
                <GatewayToken id={id} />
              </div>
            </div>
          </Card>
        </div>
        <div className="space-y-4">
          <StateCard agent={agent} />
          <Resources agent={agent} />
        </div>
      </div>
    </>
  );
}
