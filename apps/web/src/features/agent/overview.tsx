'use client';

import type { AgentOverview } from '@agentbot/contracts';
import { MessageCircle } from 'lucide-react';
import Link from 'next/link';
import { channelNames } from '../../components/agent/channel-names.ts';
import { OperationStages } from '../../components/agent/operation-stages.tsx';
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
  const rows = [
    [
      'Observed',
      observed ? (
        <>
          container {observed.state}, <RelativeTime time={observed.at} />
        </>
      ) : (
        'no container observed yet'
      ),
    ],
    ['Started', startedAt ? <RelativeTime time={startedAt} /> : 'not running'],
    [
      'Runs in',
      agent.runtime === 'api' ? 'the backend itself: Docker was unavailable' : agent.runtime ? 'its own container' : 'nothing yet',
    ],
    ['OpenClaw', agent.openclawVersion ?? 'no container'],
    ['Image', agent.image ?? 'none yet'],
    ['Plan', planName(agent.plan)],
    ['Provider', providerName(agent.aiProvider)],
    ['Channels', agent.channels.map((channel) => channelNames[channel]).join(', ') || 'the dashboard'],
    ['Verified', agent.verified ? `by ${agent.verificationType}` : 'no'],
    ['Created', <RelativeTime key="created" time={agent.createdAt} />],
  ] as const;
  return (
    <Card title="State">
      {agent.reason && (
        <div className="mb-3">
          <Problem>{agent.reason}</Problem>
        </div>
      )}
      {agent.diskProblem && (
        <div className="mb-3">
          <Problem>
            {agent.diskProblem}.{' '}
            {agent.disk?.stopsAt && <>The platform stops the agent at {formatTime(agent.disk.stopsAt)}, unless it has less by then.</>}
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
              <MessageCircle aria-hidden className="size-4" /> Talk to {agent.name.length > 24 ? 'the agent' : agent.name}
            </Link>
          )}
          {newest && (
            <Card title="Last operation" description={<RelativeTime time={newest.createdAt} />}>
              <OperationStages operation={newest} />
            </Card>
          )}
          <Card title="Address">
            <div className="space-y-3 text-sm">
              {[agent.url, agent.websocketUrl].map((address) => (
                <div key={address} className="flex flex-wrap items-center justify-between gap-2">
                  <code className="wrap-anywhere min-w-0 font-mono text-xs">{address}</code>
                  <CopyButton text={address} />
                </div>
              ))}
              {agent.status === 'running' && agent.runtime === 'container' && (
                <div>
                  <p className="mb-1.5 text-muted">OpenClaw’s own interface, at the agent’s address. Your browser stays signed in there</p>
                  <ControlUiButton id={id} />
                </div>
              )}
              <div>
                <p className="mb-1.5 text-muted">Gateway token. Keep it secret: it gives full access to this agent.</p>
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
