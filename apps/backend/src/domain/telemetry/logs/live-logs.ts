import { type Actor, tenantOf } from '../../../shared/actor.ts';
import type { Subscribe } from '../../../shared/streams.ts';
import { getAgent } from '../../agents/agents.ts';
import type { Context } from '../../context.ts';
import { recentLog } from './log-store.ts';
import { listViews, stopViews } from './log-views.ts';

const HISTORY_LINES = 500;

/**
 * Opens a live view of an agent's log.
 * @param lastEventId the last event that the reader has seen; the `Last-Event-ID` header of a browser takes precedence
 * @throws AppError AGENT_NOT_FOUND
 */
export async function streamLogs(context: Context, actor: Actor, agentId: string, lastEventId?: string): Promise<Subscribe> {
  await getAgent(context, actor, agentId);
  return (sink) => {
    // An id of an unknown form is ignored.
    const requested = sink.lastEventId || lastEventId;
    const lastId = requested && /^\d{19}$/.test(requested) ? requested : undefined;
    return context.logs.watch(agentId, lastId, sink);
  };
}

/** The last 500 lines of an agent's log, with the number of viewers. @throws AppError AGENT_NOT_FOUND */
export async function getLogHistory({ database }: Context, actor: Actor, agentId: string) {
  await getAgent({ database }, actor, agentId);
  const tenant = tenantOf(actor);
  const [records, [view]] = await Promise.all([recentLog(database, tenant, agentId, HISTORY_LINES), listViews(database, tenant, agentId)]);
  const lines = records.flatMap(([, kind, text]) => (kind === 'gap' || kind === 'exit' ? [] : [String(text)]));
  return { agentId, lines, streaming: view !== undefined, clients: view?.clients ?? 0 };
}

/** Ends every live view of an agent's log. @throws AppError AGENT_NOT_FOUND */
export async function stopLogStream(context: Context, actor: Actor, agentId: string): Promise<void> {
  await getAgent(context, actor, agentId);
  context.logs.stop(agentId);
  await context.database.as('service', (tx) => stopViews(tx, agentId));
}

/** The live log streams of the actor's agents; `lines` is the number of stored lines, at most 500. */
export async function listLogStreams({ database }: Context, actor: Actor) {
  const tenant = tenantOf(actor);
  const views = await listViews(database, tenant);
  if (views.length === 0) return [];
  const ids = views.map(({ agentId }) => agentId);
  const counts = await database.as(
    tenant,
    (tx) => tx.$queryRaw<{ agentId: string; lines: number }[]>`
      SELECT agent_id AS "agentId", least(${HISTORY_LINES}, sum(size))::int AS lines FROM log_chunks
      WHERE agent_id = ANY(${ids}::text[]) GROUP BY agent_id`,
  );
  const lines = new Map(counts.map((row) => [row.agentId, row.lines]));
  return views.map((view) => ({ ...view, lines: lines.get(view.agentId) ?? 0 }));
}
