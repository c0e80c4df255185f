import type { Agent, Backup } from '../../generated/prisma/client.ts';
import { msAgo } from '../../shared/clock.ts';
import type { Context } from '../context.ts';

const DAY_MS = 24 * 3_600_000;

/** The default maximum number of backups per agent, and their maximum age in days. */
export const RETENTION = { keep: 10, keepDays: 30 };

const isOfInstallation = ({ cause }: Pick<Backup, 'cause'>) => cause === 'installation';

/** Removes backups, each file before its row, so that a failure leaves no file without a row. */
export async function removeBackups({ database, backups }: Pick<Context, 'database' | 'backups'>, rows: Backup[]): Promise<void> {
  for (const { name } of rows) await backups.remove(name);
  await database.as('service', (tx) => tx.backup.deleteMany({ where: { id: { in: rows.map(({ id }) => id) } } }));
}

/** Removes expired backups of all agents, including agents that make no new backups. */
export async function removeOldBackups(context: Pick<Context, 'database' | 'backups' | 'clock' | 'log'>): Promise<void> {
  const agents = await context.database.as('service', async (tx) => {
    const due = await tx.$queryRaw<{ id: string }[]>`
      SELECT DISTINCT a.id FROM backups b JOIN agents a ON a.id = b.agent_id
      WHERE b.created_at < ${context.clock.now()}::timestamptz - make_interval(hours => 24 * coalesce(a.backup_keep_days, ${RETENTION.keepDays}))
        AND EXISTS (SELECT FROM backups newer WHERE newer.agent_id = a.id AND newer.created_at > b.created_at)
        AND NOT EXISTS (SELECT FROM operations o WHERE o.agent_id = a.id AND o.finished_at IS NULL)`;
    return tx.agent.findMany({ where: { id: { in: due.map(({ id }) => id) } } });
  });
  for (const agent of agents) {
    await applyRetention(context, agent).catch((error) =>
      context.log.warn({ err: error, agentId: agent.id }, 'old backups could not be removed; a later run retries'),
    );
  }
}

/**
 * Removes an agent's backups beyond its maximum number and age, but never the newest. Of those that are a part of the
 * installation's backups the newest stays, and none counts towards the owner's maximum.
 * @returns the number of removed backups
 */
export async function applyRetention(context: Pick<Context, 'database' | 'backups' | 'clock'>, agent: Agent): Promise<number> {
  const rows = await context.database.as('service', (tx) =>
    tx.backup.findMany({ where: { agentId: agent.id }, orderBy: { createdAt: 'desc' } }),
  );
  const expiredBefore = msAgo(context.clock, (agent.backupKeepDays ?? RETENTION.keepDays) * DAY_MS);
  const keep = agent.backupKeep ?? RETENTION.keep;
  const [ofInstallation, own] = [rows.filter(isOfInstallation), rows.filter((row) => !isOfInstallation(row))];
  const surplus = [
    ...ofInstallation.slice(1),
    ...own.filter((row, index) => row !== rows[0] && (index >= keep || row.createdAt < expiredBefore)),
  ];
  if (surplus.length) await removeBackups(context, surplus);
  return surplus.length;
}
