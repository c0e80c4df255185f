import { removeOldBackups } from '../domain/backups/retention.ts';
import { beginScheduledBackups } from '../domain/backups/scheduled-backups.ts';
import type { Context } from '../domain/context.ts';
import { removeOrphanStreams } from '../domain/streaming/live-streams.ts';
import { collectGarbage } from './garbage-collector.ts';
import { reconcileSuspensions } from './suspensions.ts';

interface Task {
  /** When, as cron writes it. */
  cron: string;
  work: (context: Context) => Promise<void>;
}

const EVERY_MINUTE = '* * * * *';

/** What is done for the whole installation by itself, each time by whichever process comes first. */
const tasks: Record<string, Task> = {
  sweep: {
    cron: EVERY_MINUTE,
    work: async (context) => {
      if (await context.host.available()) await collectGarbage(context);
    },
  },
  'scheduled-backups': { cron: EVERY_MINUTE, work: beginScheduledBackups },
  'old-backups': { cron: '41 * * * *', work: removeOldBackups },
  'live-streams': { cron: EVERY_MINUTE, work: removeOrphanStreams },
  suspensions: { cron: EVERY_MINUTE, work: reconcileSuspensions },
  // Attestations are revoked, names sold.
  'verification-checks': {
    cron: '17 * * * *',
    work: async (context) => (await import('../domain/verification/recheck.ts')).recheckVerifications(context),
  },
};

/** Declares these jobs and their times, and works on them. */
export async function startMaintenance(context: Context): Promise<void> {
  const { boss, log } = context;
  for (const [name, { cron, work }] of Object.entries(tasks)) {
    // One that is late is not done twice.
    await boss.createQueue(name, { policy: 'exclusive', retryLimit: 0, expireInSeconds: 1800, notify: true });
    await boss.work(name, { pollingIntervalSeconds: 10 }, () =>
      work(context).catch((error) => log.warn({ err: error, task: name }, 'it is tried again at its next time')),
    );
    await boss.schedule(name, cron);
  }
}
