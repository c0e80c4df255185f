import type { Logger } from 'pino';
import type { Database, Transaction } from '../../../infra/database/database.ts';
import type { Tenant } from '../../../shared/actor.ts';

/** Under this name every process is told whose live views are to end. */
export const LOG_STOPS = 'log_stops';
const ALIVE_MS = 10_000;
/** A process that has not said so for this long is gone, and its viewers with it, in seconds. */
const GONE_SECONDS = 30;

interface View {
  agentId: string;
  clients: number;
}

/** Writes down who watches what in this process, so that every process can say who watches an agent. */
export function createLogViews(
  { database, log, processId }: { database: Database; log: Logger; processId: string },
  current: () => View[],
) {
  let waiting: Promise<void> | undefined;
  let running = Promise.resolve();
  let told = 0;

  async function write(): Promise<void> {
    const views = current();
    if (views.length === 0 && told === 0) return;
    const agents = views.map(({ agentId }) => agentId);
    const clients = views.map((view) => view.clients);
    await database.as('service', async (tx) => {
      await tx.$executeRaw`
        INSERT INTO log_views (agent_id, process_id, owner_id, clients, seen_at)
        SELECT a.id, ${processId}, a.owner_id, v.clients, now()
        FROM unnest(${agents}::text[], ${clients}::int[]) AS v(agent_id, clients) JOIN agents a ON a.id = v.agent_id
        ON CONFLICT (agent_id, process_id) DO UPDATE SET clients = excluded.clients, seen_at = excluded.seen_at`;
      await tx.$executeRaw`
        DELETE FROM log_views WHERE (process_id = ${processId} AND NOT agent_id = ANY(${agents}::text[]))
          OR seen_at < now() - make_interval(secs => ${GONE_SECONDS})`;
    });
    told = views.length;
  }

  /** Resolves when what is now was written; those who ask meanwhile share one write. */
  function tell(): Promise<void> {
    waiting ??= running.then(() => {
      waiting = undefined;
      running = write().catch((error) => log.warn({ err: error }, 'live views could not be written down'));
      return running;
    });
    return waiting;
  }
  const alive = setInterval(tell, ALIVE_MS);

  return {
    tell,
    async close(): Promise<void> {
      clearInterval(alive);
      await tell();
    },
  };
}

export type LogViews = ReturnType<typeof createLogViews>;

/** Who watches the logs that a tenant may see, over all processes. */
export const listViews = (database: Database, tenant: Tenant, agentId?: string): Promise<View[]> =>
  database.as(
    tenant,
    (tx) => tx.$queryRaw<View[]>`
      SELECT agent_id AS "agentId", sum(clients)::int AS clients FROM log_views
      WHERE seen_at > now() - make_interval(secs => ${GONE_SECONDS}) AND (${agentId ?? null}::text IS NULL OR agent_id = ${agentId ?? null})
      GROUP BY agent_id ORDER BY agent_id`,
  );

/** Ends every live view of an agent's log, in every process. */
export async function stopViews(tx: Transaction, agentId: string): Promise<void> {
  await tx.logView.deleteMany({ where: { agentId } });
  await tx.$executeRaw`SELECT pg_notify(${LOG_STOPS}, ${agentId})`;
}
