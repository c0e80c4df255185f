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

/** Records as entries; the entry after a gap mark has `gap`: lines are missing before it. */
function entries(agentId: string, records: LogRecord[]): LogEntry[] {
  let gap = false;
  const result: LogEntry[] = [];
  for (const [id, kind, text] of records) {
    if (kind === 'gap') gap = true;
    if (kind === 'gap' || kind === 'exit') continue;
    result.push({ ...logEntry(agentId, id, kind, String(text)), ...(gap && { gap: true as const }) });
    gap = false;
  }
  return result;
}

/**
 * A page of an agent's log, oldest first: with `since`, the first entries after it; otherwise the last entries, or the last
 * ones before `before`.
 * @returns `total`: the number of stored entries of the level
 * @throws AppError AGENT_NOT_FOUND
 */
export async function listLogs({ database }: Context, actor: Actor, id: string, { limit, level, since, before }: Page) {
  await getAgent({ database }, actor, id);
  const from = since ? ('oldest' as const) : ('newest' as const);
  // Marks are not entries: twice the limit leaves enough entries to fill the page.
  const range = { limit: limit * 2, level, from, ...(since && { after: since }), ...(before && { before }) };
  const { records, total } = await database.as(tenantOf(actor), async (tx) => ({
    records: await readLog(tx, id, range),
    total: await countLines(tx, id, level),
  }));
  const all = entries(id, records);
  return { logs: since ? all.slice(0, limit) : all.slice(-limit), total, limit, status: 'ok' as const };
}
