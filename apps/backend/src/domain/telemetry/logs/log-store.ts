import { type LogLevel, logLevels } from '@agentbot/contracts';
import { Prisma } from '../../../generated/prisma/client.ts';
import type { Database, Transaction } from '../../../infra/database/database.ts';
import type { Tenant } from '../../../shared/actor.ts';
import { msAgo } from '../../../shared/clock.ts';
import type { Context } from '../../context.ts';
import type { LogRecord } from './log-line.ts';

/** The Postgres channel that notifies every process of an agent's new records. */
export const LOGS = 'log_chunks';
/** The maximum length and age of an agent's stored log. */
const RETENTION_LINES = 10_000;
const RETENTION_MS = 7 * 24 * 3_600_000;

/** Records of one agent that are stored together. */
export interface LogChunk {
  agentId: string;
  /** The id of the record before the first; empty when there is none. */
  after: string;
  records: LogRecord[];
  /** The engine's time of the last line up to the end of this chunk; empty before the first line. */
  readTo: string;
}

interface Range {
  after?: string;
  before?: string;
  limit: number;
  level?: LogLevel | undefined;
  from: 'oldest' | 'newest';
}

const MAX_ID = '9223372036854775807';
const idOf = (record: LogRecord) => record[0];

function countsOf(records: LogRecord[]): number[] {
  const counts = logLevels.map(() => 0);
  for (const [, kind] of records) {
    const level = logLevels.indexOf(kind as LogLevel);
    if (level >= 0) counts[level] = (counts[level] as number) + 1;
  }
  return counts;
}

/** Stores chunks and notifies every process. Chunks of deleted agents are ignored, as are those stored before. */
export async function appendChunks(tx: Transaction, chunks: LogChunk[]): Promise<void> {
  const columns = {
    agentId: chunks.map(({ agentId }) => agentId),
    lastId: chunks.map(({ records }) => idOf(records.at(-1) as LogRecord)),
    firstId: chunks.map(({ records }) => idOf(records[0] as LogRecord)),
    readTo: chunks.map(({ readTo }) => readTo || null),
    size: chunks.map(({ records }) => records.length),
    counts: chunks.map(({ records }) => `{${countsOf(records)}}`),
    records: chunks.map(({ records }) => JSON.stringify(records)),
  };
  await tx.$executeRaw`
    INSERT INTO log_chunks (agent_id, last_id, first_id, owner_id, read_to, size, counts, records)
    SELECT c.agent_id, c.last_id::bigint, c.first_id::bigint, a.owner_id, c.read_to::bigint, c.size, c.counts::int[], c.records
    FROM unnest(${columns.agentId}::text[], ${columns.lastId}::text[], ${columns.firstId}::text[], ${columns.readTo}::text[],
      ${columns.size}::int[], ${columns.counts}::text[], ${columns.records}::text[])
      AS c(agent_id, last_id, first_id, read_to, size, counts, records)
    JOIN agents a ON a.id = c.agent_id
    ON CONFLICT DO NOTHING`;
  const agents = [...new Set(chunks.map(({ agentId }) => agentId))];
  await tx.$executeRaw`SELECT pg_notify(${LOGS}, agent) FROM unnest(${agents}::text[]) AS changed(agent)`;
}

/** The end of an agent's stored log; the ids are empty when nothing is stored. */
export async function endOfLog(database: Database, agentId: string): Promise<{ lastId: string; readTo: string }> {
  const row = await database.as('service', (tx) =>
    tx.logChunk.findFirst({ where: { agentId }, orderBy: { lastId: 'desc' }, select: { lastId: true, readTo: true } }),
  );
  return { lastId: row ? String(row.lastId) : '', readTo: row?.readTo ? String(row.readTo) : '' };
}

/**
 * The first or the last `limit` records of an agent's log between two ids (exclusive), oldest first. With a level, only the
 * lines of that level. Reads only the chunks that it needs.
 */
export async function readLog(tx: Transaction, agentId: string, { after, before, limit, level, from }: Range): Promise<LogRecord[]> {
  const newest = from === 'newest';
  const [lower, upper] = [BigInt(after || '0'), BigInt(before || MAX_ID)];
  const index = level ? logLevels.indexOf(level) + 1 : 0;
  const amount = index ? Prisma.sql`counts[${index}::int]` : Prisma.sql`size`;
  const order = newest ? Prisma.sql`last_id DESC` : Prisma.sql`last_id`;
  // A chunk across a bound may hold no record inside it, so it counts as empty.
  const rows = await tx.$queryRaw<{ records: string }[]>`
    SELECT records FROM (
      SELECT records, last_id, sum(amount) OVER (ORDER BY ${order}) - amount AS sooner FROM (
        SELECT records, last_id,
          CASE WHEN first_id <= ${lower}::bigint OR last_id >= ${upper}::bigint THEN 0 ELSE ${amount} END AS amount
        FROM log_chunks
        WHERE agent_id = ${agentId} AND last_id > ${lower}::bigint AND first_id < ${upper}::bigint AND ${amount} > 0
        ORDER BY ${order} LIMIT ${limit + 2}
      ) AS near
    ) AS counted WHERE sooner < ${limit} ORDER BY last_id`;
  const wanted = (record: LogRecord) => {
    const id = BigInt(idOf(record));
    return id > lower && id < upper && (!level || record[1] === level);
  };
  const records = rows.flatMap((row) => JSON.parse(row.records) as LogRecord[]).filter(wanted);
  return newest ? records.slice(-limit) : records.slice(0, limit);
}

/** The number of stored lines of an agent's log, of one level or of all. */
export async function countLines(tx: Transaction, agentId: string, level?: LogLevel): Promise<number> {
  const index = level ? logLevels.indexOf(level) + 1 : 0;
  const amount = index ? Prisma.sql`counts[${index}::int]` : Prisma.sql`(SELECT sum(c) FROM unnest(counts) AS c)`;
  const [row] = await tx.$queryRaw<{ lines: number }[]>`
    SELECT coalesce(sum(${amount}), 0)::int AS lines FROM log_chunks WHERE agent_id = ${agentId}`;
  return row?.lines ?? 0;
}

/** Whether records after an id were deleted from an agent's log. */
export async function isTrimmedAfter(tx: Transaction, agentId: string, id: string): Promise<boolean> {
  const row = await tx.logChunk.findFirst({ where: { agentId }, orderBy: { lastId: 'asc' }, select: { firstId: true } });
  return row !== null && row.firstId > BigInt(id);
}

/** Deletes the records before the last 10,000 lines of each given agent's log. */
export async function trimLogs(database: Database, agentIds: string[]): Promise<void> {
  await database.as(
    'service',
    (tx) => tx.$executeRaw`
      DELETE FROM log_chunks c USING (
        SELECT agent_id, max(last_id) AS last_id FROM (
          SELECT agent_id, last_id, sum(size) OVER (PARTITION BY agent_id ORDER BY last_id DESC) - size AS later
          FROM log_chunks WHERE agent_id = ANY(${agentIds}::text[])
        ) AS counted WHERE later >= ${RETENTION_LINES} GROUP BY agent_id
      ) AS old WHERE c.agent_id = old.agent_id AND c.last_id <= old.last_id`,
  );
}

/** Deletes records older than seven days, and records that a deleted agent's container wrote too late. */
export async function deleteOldLogs({ database, clock }: Pick<Context, 'database' | 'clock'>): Promise<void> {
  const oldest = BigInt(msAgo(clock, RETENTION_MS).getTime()) * 1_000_000n;
  await database.as(
    'service',
    (tx) => tx.$executeRaw`
      DELETE FROM log_chunks c WHERE last_id < ${oldest} OR NOT EXISTS (SELECT 1 FROM agents a WHERE a.id = c.agent_id)`,
  );
}

/** The last `limit` records of an agent's log, or the last ones after an id, as the tenant may read them. */
export const recentLog = (database: Database, tenant: Tenant, agentId: string, limit: number, after = ''): Promise<LogRecord[]> =>
  database.as(tenant, (tx) => readLog(tx, agentId, { after, limit, from: 'newest' }));
