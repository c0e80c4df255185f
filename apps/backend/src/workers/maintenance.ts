import { removeOldBackups } from '../domain/backups/retention.ts';
import { beginScheduledBackups } from '../domain/backups/scheduled-backups.ts';
import { removeUnusedImages } from '../domain/containers/pulled-images.ts';
import type { Context } from '../domain/context.ts';
import { tellAgents } from '../domain/notices/agent-notices.ts';
import { deliverMails } from '../domain/notices/mails.ts';
import { removeClosedAccounts } from '../domain/offboarding/remove-closed-accounts.ts';
import { removeOrphanStreams } from '../domain/streaming/live-streams.ts';
import { tellBudgets } from '../domain/usage/budget-notices.ts';
import { endLostCalls, removeOldCalls } from '../domain/usage/ledger.ts';
import { enforceDiskLimits } from './disk-limits.ts';
import { collectGarbage } from './garbage-collector.ts';
import { reconcileSuspensions } from './suspensions.ts';

interface Task {
  /** The schedule, as a cron expression in UTC. */
  cron: string;
  work: (context: Context) => Promise<void>;
}

const EVERY_MINUTE = '* * * * *';

/** Periodic tasks of the whole installation. Each run happens in one process. */
const tasks: Record<string, Task> = {
  sweep: {
    cron: EVERY_MINUTE,
    work: async (context) => {
      if (await context.host.available()) await collectGarbage(context);
    },
  },
  'scheduled-backups': { cron: EVERY_MINUTE, work: beginScheduledBackups },
  'old-backups': { cron: '41 * * * *', work: removeOldBackups },
  'disk-limits': { cron: '*/5 * * * *', work: enforceDiskLimits },
  'unused-images': { cron: '23 * * * *', work: removeUnusedImages },
  'live-streams': { cron: EVERY_MINUTE, work: removeOrphanStreams },
  'lost-model-calls': { cron: EVERY_MINUTE, work: endLostCalls },
  'budget-notices': { cron: EVERY_MINUTE, work: tellBudgets },
  'agent-notices': { cron: EVERY_MINUTE, work: tellAgents },
  mails: { cron: EVERY_MINUTE, work: deliverMails },
  'old-model-calls': { cron: '23 * * * *', work: removeOldCalls },
  'closed-accounts': { cron: EVERY_MINUTE, work: removeClosedAccounts },
  suspensions: { cron: EVERY_MINUTE, work: reconcileSuspensions },
  // An attestation can be revoked, and a name can be sold.
  'verification-checks': {
    cron: '17 * * * *',
    work: async (context) => (await import('../domain/verification/recheck.ts')).recheckVerifications(context),
  },
};

/** Creates a queue and a schedule for each task, and starts a worker for it. */
export async function startMaintenance(context: Context): Promise<void> {
  const { boss, log } = context;
  for (const [name, { cron, work }] of Object.entries(tasks)) {
    // `exclusive`: a late job and the next one do not both run.
    await boss.createQueue(name, { policy: 'exclusive', retryLimit: 0, expireInSeconds: 1800, notify: true });
    await boss.work(name, { pollingIntervalSeconds: 10 }, () =>
      work(context).catch((error) => log.warn({ err: error, task: name }, 'a maintenance task failed; the next scheduled run retries it')),
    );
    await boss.schedule(name, cron);
  }
}
