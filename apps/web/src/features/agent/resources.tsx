'use client';

import type { AgentOverview } from '@agentbot/contracts';
import { t } from '@lingui/core/macro';
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
    [t`Memory`, live ? `${live.memory} (${live.memoryPercent})` : '–'],
    [t`Disk`, disk ? t`${{ used: formatBytes(disk.usedBytes) }} of ${{ limit: formatBytes(disk.limitBytes) }}` : '–'],
    [t`Network`, live ? live.network : '–'],
    [t`Uptime`, live ? live.uptimeFormatted : '–'],
    [t`Messages`, live ? String(live.messagesProcessed) : '–'],
    [
      t`Limits`,
      resources
        ? t`${{ memory: formatBytes(resources.memoryBytes) }}, ${{ cpus: resources.cpus }} CPU, ${{ processes: resources.pids }} processes`
        : t`no container yet`,
    ],
  ];
  return (
    <Card title={t`Resources`}>
      <DescriptionList rows={rows} />
    </Card>
  );
}
