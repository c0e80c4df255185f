'use client';

import type { NodeView } from '@agentbot/contracts';
import type { MessageDescriptor } from '@lingui/core';
import { msg, t } from '@lingui/core/macro';
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
import { say } from '../../lib/language/texts.ts';
import { acceptedWithToast } from '../../lib/toast/with-toast.ts';
import { MoveAgent } from './move-agent.tsx';

const REFRESH_MS = 5_000;
const availabilities: Record<NodeView['availability'], MessageDescriptor> = {
  active: msg`Takes agents`,
  pause: msg`Takes no new agents`,
  drain: msg`Is being drained`,
};

function NodeActions({ node, onChanged }: { node: NodeView; onChanged: () => Promise<unknown> }) {
  const set = (availability: NodeView['availability'], success: string) => async () => {
    const done = await acceptedWithToast(api('setNodeAvailability', { params: { id: node.id }, body: { availability } }), {
      pending: t`Changing the node ${node.name}…`,
      success,
    });
    await onChanged();
    return done;
  };
  return (
    <div className="flex flex-wrap gap-2">
      {node.availability === 'active' && (
        <ConfirmButton
          action={t`Take no new agents`}
          kind="plain"
          size="small"
          title={t`Place no new agents on ${node.name}?`}
          description={t`Its present agents stay.`}
          confirm={t`Take no new agents`}
          onConfirm={set('pause', t`${node.name} takes no new agents`)}
        />
      )}
      {node.availability !== 'drain' && (
        <ConfirmButton
          action={t`Drain`}
          size="small"
          title={t`Drain ${node.name}?`}
          description={t`Its agents move to other nodes, one after the other. Each of them is stopped while its data moves.`}
          confirm={t`Drain`}
          onConfirm={set('drain', t`The agents of ${node.name} move away`)}
        />
      )}
      {node.availability !== 'active' && (
        <ConfirmButton
          action={t`Take agents again`}
          kind="primary"
          size="small"
          title={t`Place agents on ${node.name} again?`}
          description={t`Agents that have moved away stay where they are.`}
          confirm={t`Take agents again`}
          onConfirm={set('active', t`${node.name} takes agents again`)}
        />
      )}
    </div>
  );
}

function NodeCard({ node, others, onChanged }: { node: NodeView; others: NodeView[]; onChanged: () => Promise<unknown> }) {
  const labels = Object.entries(node.labels).map(([name, value]) => `${name}=${value}`);
  return (
    <Card
      title={node.name}
      description={`${node.address} · ${node.role === 'manager' ? t`manager` : t`worker`}`}
      aside={<NodeActions node={node} onChanged={onChanged} />}
    >
      <div className="mb-4 empty:hidden">
        <Problem>{node.problem ?? undefined}</Problem>
      </div>
      <DescriptionList
        rows={[
          [t`New agents`, say(availabilities[node.availability])],
          [t`Reserved memory`, t`${{ used: formatBytes(node.reservedBytes) }} of ${{ limit: formatBytes(node.memoryBytes) }}`],
          [t`Processors`, node.cpus],
          [t`Docker Engine`, node.engineVersion],
          ...(labels.length > 0 ? ([[t`Labels`, labels.join(', ')]] as const) : []),
        ]}
      />
      {node.agents.length > 0 && (
        <div className="mt-4">
          <Table label={t`Agents on ${node.name}`} head={[t`Agent`, t`Owner`, t`State`, '']}>
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
      <PageHeader title={t`Nodes`} description={t`The machines that agents run on.`} />
      {error && !data && <Problem onRetry={() => mutate()}>{errorMessage(error)}</Problem>}
      {!data && !error && <Loading rows={2} className="h-40" />}
      {data && !data.swarm && (
        <EmptyState
          icon={Server}
          title={t`One machine`}
          description={t`All agents of this installation run on its own machine. A Docker Swarm spreads them over several: see docs/operate/swarm.md.`}
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
