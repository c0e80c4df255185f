import type { LogEntry, LogLevel } from '@agentbot/contracts';
import { type Actor, tenantOf } from '../../../shared/actor.ts';
import { getAgent } from '../../agents/agents.ts';
import type { Context } from '../../context.ts';
import { type LogRecord, logEntry } from './log-line.ts';
import { countLines, readLog } from './log-store.ts';

interface Page {
  limit: number;
  level?: LogLevel | undefined;
  since?: string | undefined;
  before?: string | undefined;
}

/** Lines as entries; what follows on a mark says that lines are missing before it. */
function entries(agentId: string, records: LogRecord[]): LogEntry[] {
  let gap = false;
  const found: LogEntry[] = [];
  for (const [id, kind, text] of records) {
    if (kind === 'gap') gap = true;
    if (kind === 'gap' || kind === 'exit') continue;
    found.push({ ...logEntry(agentId, id, kind, String(text)), ...(gap && { gap: true as const }) });
    gap = false;
  }
  return found;
}

/**
 * A page of an agent's log, oldest first: the first entries after `since`, or the last ones, those before `before`.
 * @returns `total` counts the matching ones among all that are kept
 * @throws AppError AGENT_NOT_FOUND
 */
export async function listLogs({ database }: Context, actor: Actor, id: string, { limit, level, since, before }: Page) {
  await getAgent({ database }, actor, id);
  const from = since ? ('oldest' as const) : ('newest' as const);
  // Marks are no entries: with as many again, a page is full.
  const range = { limit: limit * 2, level, from, ...(since && { after: since }), ...(before && { before }) };
  const { records, total } = await database.as(tenantOf(actor), async (tx) => ({
    records: await readLog(tx, id, range),
    total: await countLines(tx, id, level),
  }));
  const found = entries(id, records);
  return { logs: since ? found.slice(0, limit) : found.slice(-limit), total, limit, status: 'ok' as const };
}
