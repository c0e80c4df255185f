import type { Agent, Backup } from '../../generated/prisma/client.ts';
import type { Context } from '../context.ts';

const DAY_MS = 24 * 3_600_000;

/** How many backups of an agent are kept and for how long, where its owner said nothing. */
export const RETENTION = { keep: 10, keepDays: 30 };

/** Removes backups, file before row, so that none is left that nothing knows of. */
export async function removeBackups({ database, backups }: Pick<Context, 'database' | 'backups'>, rows: Backup[]): Promise<void> {
  for (const { name } of rows) await backups.remove(name);
  await database.as('service', (tx) => tx.backup.deleteMany({ where: { id: { in: rows.map(({ id }) => id) } } }));
}

/** Removes what has become too old meanwhile, of agents that make no new backups either. */
export async function removeOldBackups(context: Pick<Context, 'database' | 'backups' | 'log'>): Promise<void> {
  const agents = await context.database.as('service', async (tx) => {
    const due = await tx.$queryRaw<{ id: string }[]>`
      SELECT DISTINCT a.id FROM backups b JOIN agents a ON a.id = b.agent_id
      WHERE b.created_at < now() - make_interval(days => coalesce(a.backup_keep_days, ${RETENTION.keepDays}))
        AND EXISTS (SELECT FROM backups newer WHERE newer.agent_id = a.id AND newer.created_at > b.created_at)
        AND NOT EXISTS (SELECT FROM operations o WHERE o.agent_id = a.id AND o.finished_at IS NULL)`;
    return tx.agent.findMany({ where: { id: { in: due.map(({ id }) => id) } } });
  });
  for (const agent of agents) {
    await applyRetention(context, agent).catch((error) => context.log.warn({ err: error, agentId: agent.id }, 'old backups stay'));
  }
}

/** Removes an agent's backups beyond its number and age; the newest one stays whatever its age. @returns how many */
export async function applyRetention(context: Pick<Context, 'database' | 'backups'>, agent: Agent): Promise<number> {
  const rows = await context.database.as('service', (tx) =>
    tx.backup.findMany({ where: { agentId: agent.id }, orderBy: { createdAt: 'desc' } }),
  );
  const oldest = Date.now() - (agent.backupKeepDays ?? RETENTION.keepDays) * DAY_MS;
  const keep = agent.backupKeep ?? RETENTION.keep;
  const over = rows.filter(({ createdAt }, index) => index > 0 && (index >= keep || createdAt.getTime() < oldest));
  if (over.length) await removeBackups(context, over);
  return over.length;
}
