'use client';

import type { AgentOverview } from '@agentbot/contracts';
import useSWR from 'swr';
import { Card, DescriptionList } from '../../components/ui/card.tsx';
import { api } from '../../lib/api/client.ts';
import { formatBytes } from '../../lib/format.ts';

/** The limits and the current usage of an agent's container, and its message count. */
export function Resources({ agent }: { agent: AgentOverview }) {
  const running = agent.status === 'running';
  const { data } = useSWR(running && ['stats', agent.id], () => api('getAgentStats', { params: { id: agent.id } }), {
    refreshInterval: 5_000,
  });
  const live = running && data?.status === 'ok' ? data.stats : undefined;
  const { resources, disk } = agent;
  const rows: [string, string][] = [
    ['CPU', live ? live.cpu : '–'],
    ['Memory', live ? `${live.memory} (${live.memoryPercent})` : '–'],
    ['Disk', disk ? `${formatBytes(disk.usedBytes)} of ${formatBytes(disk.limitBytes)}` : '–'],
    ['Network', live ? live.network : '–'],
    ['Uptime', live ? live.uptimeFormatted : '–'],
    ['Messages', live ? String(live.messagesProcessed) : '–'],
    [
      'Limits',
      resources ? `${formatBytes(resources.memoryBytes)}, ${resources.cpus} CPU, ${resources.pids} processes` : 'no container yet',
    ],
  ];
  return (
    <Card title="Resources">
      <DescriptionList rows={rows} />
    </Card>
  );
}
