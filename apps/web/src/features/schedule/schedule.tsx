'use client';

import type { CronJob } from '@agentbot/contracts';
import { msg, t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
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
import { formatDuration } from '../../lib/elapsed.ts';
import { formatTime } from '../../lib/format.ts';
import { useAgent } from '../../lib/hooks/use-agent.ts';
import { say } from '../../lib/language/texts.ts';
import { loadCronWords, scheduleText } from './schedule-text.ts';

const REFRESH_MS = 15_000;
const results = { ok: msg`Succeeded`, error: msg`Failed`, skipped: msg`Skipped` };

function LastRun({ job }: { job: CronJob }) {
  if (job.runningSince) return <Trans>Running now</Trans>;
  if (!job.lastResult || !job.lastRunAt)
    return (
      <span className="text-muted">
        <Trans>Has not run yet</Trans>
      </span>
    );
  return (
    <>
      <span className={job.lastResult === 'error' ? 'text-danger' : undefined}>{say(results[job.lastResult])}</span>{' '}
      <RelativeTime time={job.lastRunAt} />
      {job.lastDurationMs !== null && (
        <span className="text-muted">
          {' '}
          <Trans>in {formatDuration(job.lastDurationMs)}</Trans>
        </span>
      )}
      {job.lastError && <span className="wrap-anywhere block text-muted text-xs">{job.lastError}</span>}
    </>
  );
}

/** Shows the scheduled tasks of an agent. The agent creates them during a conversation; this page cannot change them. */
export function Schedule({ id }: { id: string }) {
  const { data: agent } = useAgent(id);
  const readable = agent !== undefined && hasGateway(agent);
  const { data, error, mutate } = useSWR(
    readable && ['cron', id],
    async () => {
      await loadCronWords();
      return api('listCronJobs', { params: { id } });
    },
    {
      refreshInterval: REFRESH_MS,
    },
  );
  if (agent && !readable) return <AgentNotRunning agent={agent} what="tasks" />;
  if (error && !data) return <Problem onRetry={() => mutate()}>{errorMessage(error)}</Problem>;
  if (!data) return <Loading className="h-32" />;
  if (data.jobs.length === 0)
    return (
      <EmptyState
        icon={CalendarClock}
        title={t`Nothing is scheduled`}
        description={t`Ask the agent in the chat to do a task at a certain time or regularly. The task then appears here.`}
      />
    );
  return (
    <>
      <Table label={t`Schedule`} head={[t`Task`, t`Schedule`, t`Next run`, t`Last run`]}>
        {data.jobs.map((job) => (
          <tr key={job.id}>
            <td>
              <span className="wrap-anywhere font-medium">{job.name}</span>
              {job.description && <span className="wrap-anywhere block text-muted text-xs">{job.description}</span>}
            </td>
            <td>{scheduleText(job.schedule)}</td>
            <td>
              {job.nextRunAt ? formatTime(job.nextRunAt) : <span className="text-muted">{job.enabled ? t`Not planned` : t`Off`}</span>}
            </td>
            <td>
              <LastRun job={job} />
            </td>
          </tr>
        ))}
      </Table>
      {data.total > data.jobs.length && (
        <p className="mt-3 text-muted text-sm">
          <Trans>
            The table shows the first {data.jobs.length} of {data.total} tasks.
          </Trans>
        </p>
      )}
    </>
  );
}
