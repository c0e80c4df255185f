import type { Context } from '../context.ts';
import type { Agent, Backup } from '../generated/prisma/client.ts';

const DAY_MS = 24 * 3_600_000;

/** How many backups of an agent are kept and for how long, where its owner said nothing. */
export const RETENTION = { keep: 10, keepDays: 30 };

/** Removes backups, file before row, so that none is left that nothing knows of. */
export async function removeBackups({ database, backups }: Pick<Context, 'database' | 'backups'>, rows: Backup[]): Promise<void> {
  for (const { name } of rows) await backups.remove(name);
  await database.as('service', (tx) => tx.backup.deleteMany({ where: { id: { in: rows.map(({ id }) => id) } } }));
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
