import type { Logger } from 'pino';
import type { Database, Transaction } from '../../../infra/database/database.ts';
import type { Tenant } from '../../../shared/actor.ts';

/** The Postgres channel that tells every process to end the live views of an agent. */
export const LOG_STOPS = 'log_stops';
const HEARTBEAT_MS = 10_000;
/** After this time without a heartbeat, a process counts as dead, and its viewers are not counted. */
const STALE_AFTER_SECONDS = 30;

interface View {
  agentId: string;
  clients: number;
}

/** Stores the viewer counts of this process, so that every process can count the viewers of an agent. */
export function createLogViews(
  { database, log, processId }: { database: Database; log: Logger; processId: string },
  current: () => View[],
) {
  let waiting: Promise<void> | undefined;
  let running = Promise.resolve();
  let stored = 0;

  async function write(): Promise<void> {
    const views = current();
    if (views.length === 0 && stored === 0) return;
    const agents = views.map(({ agentId }) => agentId);
    const clients = views.map((view) => view.clients);
    await database.as('service', async (tx) => {
      await tx.$executeRaw`
        INSERT INTO log_views (agent_id, process_id, owner_id, clients, seen_at)
        SELECT a.id, ${processId}, a.owner_id, v.clients, app_now()
        FROM unnest(${agents}::text[], ${clients}::int[]) AS v(agent_id, clients) JOIN agents a ON a.id = v.agent_id
        ON CONFLICT (agent_id, process_id) DO UPDATE SET clients = excluded.clients, seen_at = excluded.seen_at`;
      await tx.$executeRaw`
        DELETE FROM log_views WHERE (process_id = ${processId} AND NOT agent_id = ANY(${agents}::text[]))
          OR seen_at < app_now() - make_interval(secs => ${STALE_AFTER_SECONDS})`;
    });
    stored = views.length;
  }

  /** Stores the current views; calls during a write share the next one. Never rejects. */
  function sync(): Promise<void> {
    waiting ??= running.then(() => {
      waiting = undefined;
      running = write().catch((error) => log.warn({ err: error }, 'live views could not be stored'));
      return running;
    });
    return waiting;
  }
  const heartbeat = setInterval(sync, HEARTBEAT_MS);

  return {
    sync,
    async close(): Promise<void> {
      clearInterval(heartbeat);
      await sync();
    },
  };
}

export type LogViews = ReturnType<typeof createLogViews>;

/** The number of viewers of each log that a tenant may see, over all processes. */
export const listViews = (database: Database, tenant: Tenant, agentId?: string): Promise<View[]> =>
  database.as(
    tenant,
    (tx) => tx.$queryRaw<View[]>`
      SELECT agent_id AS "agentId", sum(clients)::int AS clients FROM log_views
      WHERE seen_at > app_now() - make_interval(secs => ${STALE_AFTER_SECONDS}) AND (${agentId ?? null}::text IS NULL OR agent_id = ${agentId ?? null})
      GROUP BY agent_id ORDER BY agent_id`,
  );

/** Ends every live view of an agent's log, in every process. */
export async function stopViews(tx: Transaction, agentId: string): Promise<void> {
  await tx.logView.deleteMany({ where: { agentId } });
  await tx.$executeRaw`SELECT pg_notify(${LOG_STOPS}, ${agentId})`;
}
