'use client';

import { msg, t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { CircleCheck, CircleX } from 'lucide-react';
import type { ReactNode } from 'react';
import useSWR from 'swr';
import { stateName } from '../../components/agent/state-name.ts';
import { Card, DescriptionList, PageHeader } from '../../components/ui/card.tsx';
import { Loading } from '../../components/ui/loading.tsx';
import { Problem } from '../../components/ui/notice.tsx';
import { RelativeTime } from '../../components/ui/relative-time.tsx';
import { Table } from '../../components/ui/table.tsx';
import { api } from '../../lib/api/client.ts';
import { errorMessage } from '../../lib/api/errors.ts';
import { formatDuration } from '../../lib/elapsed.ts';
import { formatBytes } from '../../lib/format.ts';
import { say } from '../../lib/language/texts.ts';

function StatusLight({ good, children }: { good: boolean; children: ReactNode }) {
  const Icon = good ? CircleCheck : CircleX;
  return (
    <span className={`flex items-center gap-1.5 text-sm ${good ? 'text-good' : 'text-danger'}`}>
      <Icon aria-hidden className="size-4" />
      {children}
    </span>
  );
}

const orphanKinds = { container: msg`container`, volume: msg`volume`, network: msg`network`, backup: msg`backup` };

/** A queue is stuck when an operation waits for longer than this. */
const MAX_QUEUE_WAIT_SECONDS = 120;

/** The state of the installation: what is set up, Docker, queue, database, and resources without an agent. */
export function Health({ checklist }: { checklist: ReactNode }) {
  const { data, error, mutate } = useSWR('admin-health', () => api('getInstallationHealth', {}), { refreshInterval: 5_000 });
  if (error) {
    // Stale values would look current: show the error alone.
    return (
      <>
        <PageHeader title={t`Health`} description={t`Docker, queue and database of this installation.`} />
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
        title={t`Health`}
        description={
          <Trans>
            State of this installation, read <RelativeTime time={at} />. It refreshes every 5 seconds.
          </Trans>
        }
      />
      <div className="grid grid-cols-[minmax(0,1fr)] gap-4 md:grid-cols-2">
        <Card
          title="Docker"
          aside={<StatusLight good={docker.available}>{docker.available ? t`Available` : t`Not available`}</StatusLight>}
        >
          <DescriptionList
            rows={[
              [t`Memory`, docker.memoryBytes === null ? '–' : formatBytes(docker.memoryBytes)],
              [t`CPUs`, docker.cpus ?? '–'],
              [t`Image of new agents`, image],
              [t`New agents`, provisioning === 'enabled' ? t`allowed` : t`paused`],
            ]}
          />
        </Card>
        <Card title={t`Queue`} aside={<StatusLight good={healthy}>{healthy ? t`Healthy` : t`Stuck`}</StatusLight>}>
          <DescriptionList
            rows={[
              [t`Waiting`, queue.queued],
              [t`Running`, queue.running],
              [t`Longest wait`, queue.oldestQueued === null ? '–' : formatDuration(queue.oldestQueued * 1000)],
              [t`Last 24 h`, t`${queue.succeededToday} succeeded, ${queue.failedToday} failed`],
            ]}
          />
        </Card>
        <Card
          title={t`Database`}
          aside={
            <StatusLight good>
              <Trans>Reachable</Trans>
            </StatusLight>
          }
        >
          <DescriptionList
            rows={[
              [t`Response time`, `${database.milliseconds} ms`],
              [t`Size`, formatBytes(database.sizeBytes)],
              [t`Connections`, database.connections],
            ]}
          />
        </Card>
        <Card title={t`Accounts and agents`}>
          <DescriptionList
            rows={[
              [t`Users`, users],
              ...(agents.length
                ? agents.map(({ status, count }) => [t`Agents ${{ state: stateName(status) }}`, count] as const)
                : [[t`Agents`, t`none`] as const]),
            ]}
          />
        </Card>
      </div>
      <div className="mt-4">{checklist}</div>
      <h2 className="mt-6 mb-3 font-semibold">
        <Trans>Orphans</Trans>
      </h2>
      {orphans.length === 0 ? (
        <p className="text-muted text-sm">
          <Trans>Every container, volume and network of this installation belongs to an agent.</Trans>
        </p>
      ) : (
        <Table label={t`Orphans`} head={[t`Kind`, t`Name`, t`Found`]}>
          {orphans.map(({ kind, name, foundAt }) => (
            <tr key={name}>
              <td>{say(orphanKinds[kind])}</td>
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
