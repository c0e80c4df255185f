'use client';

import type { CronJob } from '@agentbot/contracts';
import { CalendarClock } from 'lucide-react';
import useSWR from 'swr';
import { AgentNotRunning, hasGateway } from '../../components/agent/agent-not-running.tsx';
import { EmptyState } from '../../components/ui/empty-state.tsx';
import { Loading } from '../../components/ui/loading.tsx';
import { Problem } from '../../components/ui/notice.tsx';
import { RelativeTime } from '../../components/ui/relative-time.tsx';
import { Table } from '../../components/ui/table.tsx';
import { api } from '../../lib/api/client.ts';
import { errorMessage } from '../../lib/api/errors.ts';
import { formatDuration, formatTime } from '../../lib/format.ts';
import { useAgent } from '../../lib/hooks/use-agent.ts';
import { scheduleText } from './schedule-text.ts';

const REFRESH_MS = 15_000;
const results = { ok: 'Succeeded', error: 'Failed', skipped: 'Skipped' };

function LastRun({ job }: { job: CronJob }) {
  if (job.runningSince) return <>Running now</>;
  if (!job.lastResult || !job.lastRunAt) return <span className="text-muted">Has not run yet</span>;
  return (
    <>
      <span className={job.lastResult === 'error' ? 'text-danger' : undefined}>{results[job.lastResult]}</span>{' '}
      <RelativeTime time={job.lastRunAt} />
      {job.lastDurationMs !== null && <span className="text-muted"> in {formatDuration(job.lastDurationMs)}</span>}
      {job.lastError && <span className="wrap-anywhere block text-muted text-xs">{job.lastError}</span>}
    </>
  );
}

/** Shows the scheduled tasks of an agent. The agent creates them during a conversation; this page cannot change them. */
export function Schedule({ id }: { id: string }) {
  const { data: agent } = useAgent(id);
  const readable = agent !== undefined && hasGateway(agent);
  const { data, error, mutate } = useSWR(readable && ['cron', id], () => api('listCronJobs', { params: { id } }), {
    refreshInterval: REFRESH_MS,
  });
  if (agent && !readable) return <AgentNotRunning agent={agent} what="Its scheduled tasks" />;
  if (error && !data) return <Problem onRetry={() => mutate()}>{errorMessage(error)}</Problem>;
  if (!data) return <Loading className="h-32" />;
  if (data.jobs.length === 0)
    return (
      <EmptyState
        icon={CalendarClock}
        title="Nothing is scheduled"
        description="Ask the agent in the chat to do a task at a certain time or regularly. The task then appears here."
      />
    );
  return (
    <>
      <Table label="Schedule" head={['Task', 'Schedule', 'Next run', 'Last run']}>
        {data.jobs.map((job) => (
          <tr key={job.id}>
            <td>
              <span className="wrap-anywhere font-medium">{job.name}</span>
              {job.description && <span className="wrap-anywhere block text-muted text-xs">{job.description}</span>}
            </td>
            <td>{scheduleText(job.schedule)}</td>
            <td>{job.nextRunAt ? formatTime(job.nextRunAt) : <span className="text-muted">{job.enabled ? 'Not planned' : 'Off'}</span>}</td>
            <td>
              <LastRun job={job} />
            </td>
          </tr>
        ))}
      </Table>
      {data.total > data.jobs.length && (
        <p className="mt-3 text-muted text-sm">
          The table shows the first {data.jobs.length} of {data.total} tasks.
        </p>
      )}
    </>
  );
}
