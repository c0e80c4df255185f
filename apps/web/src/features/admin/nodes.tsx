'use client';

import type { NodeView } from '@agentbot/contracts';
import { Server } from 'lucide-react';
import useSWR from 'swr';
import { StatusBadge } from '../../components/agent/status-badge.tsx';
import { Card, DescriptionList, PageHeader } from '../../components/ui/card.tsx';
import { ConfirmButton } from '../../components/ui/confirm-button.tsx';
import { EmptyState } from '../../components/ui/empty-state.tsx';
import { Loading } from '../../components/ui/loading.tsx';
import { Problem } from '../../components/ui/notice.tsx';
import { Table } from '../../components/ui/table.tsx';
import { api } from '../../lib/api/client.ts';
import { errorMessage } from '../../lib/api/errors.ts';
import { formatBytes } from '../../lib/format.ts';
import { acceptedWithToast } from '../../lib/toast/with-toast.ts';
import { MoveAgent } from './move-agent.tsx';

const REFRESH_MS = 5_000;
const availabilities: Record<NodeView['availability'], string> = {
  active: 'Takes agents',
  pause: 'Takes no new agents',
  drain: 'Is being drained',
};

function NodeActions({ node, onChanged }: { node: NodeView; onChanged: () => Promise<unknown> }) {
  const set = (availability: NodeView['availability'], success: string) => async () => {
    const done = await acceptedWithToast(api('setNodeAvailability', { params: { id: node.id }, body: { availability } }), {
      pending: `Changing the node ${node.name}…`,
      success,
    });
    await onChanged();
    return done;
  };
  return (
    <div className="flex flex-wrap gap-2">
      {node.availability === 'active' && (
        <ConfirmButton
          action="Take no new agents"
          kind="plain"
          size="small"
          title={`Place no new agents on ${node.name}?`}
          description="Its present agents stay."
          confirm="Take no new agents"
          onConfirm={set('pause', `${node.name} takes no new agents`)}
        />
      )}
      {node.availability !== 'drain' && (
        <ConfirmButton
          action="Drain"
          size="small"
          title={`Drain ${node.name}?`}
          description="Its agents move to other nodes, one after the other. Each of them is stopped while its data moves."
          confirm="Drain"
          onConfirm={set('drain', `The agents of ${node.name} move away`)}
        />
      )}
      {node.availability !== 'active' && (
        <ConfirmButton
          action="Take agents again"
          kind="primary"
          size="small"
          title={`Place agents on ${node.name} again?`}
          description="Agents that have moved away stay where they are."
          confirm="Take agents again"
          onConfirm={set('active', `${node.name} takes agents again`)}
        />
      )}
    </div>
  );
}

function NodeCard({ node, others, onChanged }: { node: NodeView; others: NodeView[]; onChanged: () => Promise<unknown> }) {
  const labels = Object.entries(node.labels).map(([name, value]) => `${name}=${value}`);
  return (
    <Card title={node.name} description={`${node.address} · ${node.role}`} aside={<NodeActions node={node} onChanged={onChanged} />}>
      <div className="mb-4 empty:hidden">
        <Problem>{node.problem ?? undefined}</Problem>
      </div>
      <DescriptionList
        rows={[
          ['New agents', availabilities[node.availability]],
          ['Reserved memory', `${formatBytes(node.reservedBytes)} of ${formatBytes(node.memoryBytes)}`],
          ['Processors', node.cpus],
          ['Docker Engine', node.engineVersion],
          ...(labels.length > 0 ? ([['Labels', labels.join(', ')]] as const) : []),
        ]}
      />
      {node.agents.length > 0 && (
        <div className="mt-4">
          <Table label={`Agents on ${node.name}`} head={['Agent', 'Owner', 'State', '']}>
            {node.agents.map((agent) => (
              <tr key={agent.id}>
                <td>
                  <span className="font-medium">{agent.name}</span>
                  <span className="block text-muted text-xs">{agent.id}</span>
                </td>
                <td>{agent.ownerEmail}</td>
                <td>
                  <StatusBadge status={agent.status} />
                  {agent.reason && <span className="mt-1 block min-w-48 text-danger text-xs">{agent.reason}</span>}
                </td>
                <td>
                  <MoveAgent agent={agent} from={node} others={others} onBegun={onChanged} />
                </td>
              </tr>
            ))}
          </Table>
        </div>
      )}
    </Card>
  );
}

/** The nodes of a swarm with their agents. */
export function Nodes() {
  const { data, error, mutate } = useSWR('nodes', () => api('listNodes', {}), { refreshInterval: REFRESH_MS });
  return (
    <>
      <PageHeader title="Nodes" description="The machines that agents run on." />
      {error && !data && <Problem onRetry={() => mutate()}>{errorMessage(error)}</Problem>}
      {!data && !error && <Loading rows={2} className="h-40" />}
      {data && !data.swarm && (
        <EmptyState
          icon={Server}
          title="One machine"
          description="All agents of this installation run on its own machine. A Docker Swarm spreads them over several: see docs/operate/swarm.md."
        />
      )}
      {data?.swarm && (
        <div className="space-y-4">
          {data.nodes.map((node) => (
            <NodeCard key={node.id} node={node} others={data.nodes.filter(({ id }) => id !== node.id)} onChanged={() => mutate()} />
          ))}
        </div>
      )}
    </>
  );
}
