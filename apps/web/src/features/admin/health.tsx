'use client';

import { CircleCheck, CircleX } from 'lucide-react';
import type { ReactNode } from 'react';
import useSWR from 'swr';
import { Card, DescriptionList, PageHeader } from '../../components/ui/card.tsx';
import { Loading } from '../../components/ui/loading.tsx';
import { Problem } from '../../components/ui/notice.tsx';
import { RelativeTime } from '../../components/ui/relative-time.tsx';
import { Table } from '../../components/ui/table.tsx';
import { api } from '../../lib/api/client.ts';
import { errorMessage } from '../../lib/api/errors.ts';
import { formatBytes, formatDuration } from '../../lib/format.ts';

function StatusLight({ good, children }: { good: boolean; children: ReactNode }) {
  const Icon = good ? CircleCheck : CircleX;
  return (
    <span className={`flex items-center gap-1.5 text-sm ${good ? 'text-good' : 'text-danger'}`}>
      <Icon aria-hidden className="size-4" />
      {children}
    </span>
  );
}

/** A queue is stuck when an operation waits for longer than this. */
const MAX_QUEUE_WAIT_SECONDS = 120;

/** The state of the installation: what is set up, Docker, queue, database, and resources without an agent. */
export function Health({ checklist }: { checklist: ReactNode }) {
  const { data, error, mutate } = useSWR('admin-health', () => api('getInstallationHealth', {}), { refreshInterval: 5_000 });
  if (error) {
    // Stale values would look current: show the error alone.
    return (
      <>
        <PageHeader title="Health" description="Docker, queue and database of this installation." />
        <Problem onRetry={() => mutate()}>{errorMessage(error)}</Problem>
      </>
    );
  }
  if (!data) return <Loading rows={2} className="h-40" />;
  const { docker, database, queue, users, agents, orphans, provisioning, image, at } = data.health;
  const healthy = (queue.oldestQueued ?? 0) < MAX_QUEUE_WAIT_SECONDS;
  return (
    <>
      <PageHeader
        title="Health"
        description={
          <>
            State of this installation, read <RelativeTime time={at} />. It refreshes every 5 seconds.
          </>
        }
      />
      <div className="grid grid-cols-[minmax(0,1fr)] gap-4 md:grid-cols-2">
        <Card title="Docker" aside={<StatusLight good={docker.available}>{docker.available ? 'Available' : 'Not available'}</StatusLight>}>
          <DescriptionList
            rows={[
              ['Memory', docker.memoryBytes === null ? '–' : formatBytes(docker.memoryBytes)],
              ['CPUs', docker.cpus ?? '–'],
              ['Image of new agents', image],
              ['New agents', provisioning === 'enabled' ? 'allowed' : 'paused'],
            ]}
          />
        </Card>
        <Card title="Queue" aside={<StatusLight good={healthy}>{healthy ? 'Healthy' : 'Stuck'}</StatusLight>}>
          <DescriptionList
            rows={[
              ['Waiting', queue.queued],
              ['Running', queue.running],
              ['Longest wait', queue.oldestQueued === null ? '–' : formatDuration(queue.oldestQueued * 1000)],
              ['Last 24 h', `${queue.succeededToday} succeeded, ${queue.failedToday} failed`],
            ]}
          />
        </Card>
        <Card title="Database" aside={<StatusLight good>Reachable</StatusLight>}>
          <DescriptionList
            rows={[
              ['Response time', `${database.milliseconds} ms`],
              ['Size', formatBytes(database.sizeBytes)],
              ['Connections', database.connections],
            ]}
          />
        </Card>
        <Card title="Accounts and agents">
          <DescriptionList
            rows={[
              ['Users', users],
              ...(agents.length ? agents.map(({ status, count }) => [`Agents ${status}`, count] as const) : [['Agents', 'none'] as const]),
            ]}
          />
        </Card>
      </div>
      <div className="mt-4">{checklist}</div>
      <h2 className="mt-6 mb-3 font-semibold">Orphans</h2>
      {orphans.length === 0 ? (
        <p className="text-muted text-sm">Every container, volume and network of this installation belongs to an agent.</p>
      ) : (
        <Table label="Orphans" head={['Kind', 'Name', 'Found']}>
          {orphans.map(({ kind, name, foundAt }) => (
            <tr key={name}>
              <td>{kind}</td>
              <td className="font-mono text-xs">{name}</td>
              <td className="whitespace-nowrap">
                <RelativeTime time={foundAt} />
              </td>
            </tr>
          ))}
        </Table>
      )}
    </>
  );
}
