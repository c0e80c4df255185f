import { Readable } from 'node:stream';
import { Prisma } from '../../generated/prisma/client.ts';
import { type Actor, tenantOf, userOf } from '../../shared/actor.ts';
import { csvLine } from '../../shared/csv.ts';
import type { Download } from '../../shared/streams.ts';
import type { Context } from '../context.ts';
import { dateOf, firstDay } from './spend.ts';

/** Rows per query: the file is never whole in memory. */
const BATCH = 500;

const head = [
  'date',
  'agent_id',
  'agent',
  'provider',
  'model',
  'requests',
  'input_tokens',
  'cached_tokens',
  'output_tokens',
  'cost_usd',
  'unpriced_requests',
];

interface Row {
  day: Date;
  agentId: string;
  /** Null for a deleted agent. */
  name: string | null;
  provider: string;
  model: string;
  requests: number;
  unpriced: number;
  input: bigint;
  cached: bigint;
  output: bigint;
  micros: bigint;
}

function lineOf(row: Row): string {
  const figures = [row.requests, Number(row.input), Number(row.cached), Number(row.output)];
  // All digits: a small cost has no exponent.
  const cost = `${row.micros / 1_000_000n}.${String(row.micros % 1_000_000n).padStart(6, '0')}`;
  return csvLine([dateOf(row.day), row.agentId, row.name ?? '', row.provider, row.model, ...figures, cost, row.unpriced]);
}

/**
 * The model calls of the last `days` days (UTC) as a CSV file, oldest first: a row per day, agent, provider and model. With `agentId`
 * those of one agent, also of a deleted one. The file is read in batches; the first read happens before this returns, so that its
 * error reaches the caller.
 */
export async function exportUsage(
  { database, clock }: Pick<Context, 'database' | 'clock'>,
  actor: Actor,
  { days, agentId }: { days: number; agentId?: string | undefined },
): Promise<Download> {
  const ownerId = userOf(actor);
  const since = dateOf(firstDay(clock, days));
  const readBatch = (after?: Row) =>
    database.as(tenantOf(actor), (tx) =>
      tx.$queryRaw<Row[]>(Prisma.sql`
        SELECT d.day, d.agent_id AS "agentId", a.name, d.provider, d.model, d.requests, d.unpriced_requests AS unpriced,
          d.input_tokens AS input, d.cached_tokens AS cached, d.output_tokens AS output, d.cost_micros AS micros
        FROM model_days d LEFT JOIN agents a ON a.id = d.agent_id
        WHERE d.owner_id = ${ownerId} AND d.day >= ${since}::date
          ${agentId ? Prisma.sql`AND d.agent_id = ${agentId}` : Prisma.empty}
          ${after ? Prisma.sql`AND (d.day, d.agent_id, d.provider, d.model) > (${dateOf(after.day)}::date, ${after.agentId}, ${after.provider}, ${after.model})` : Prisma.empty}
        ORDER BY d.day, d.agent_id, d.provider, d.model
        LIMIT ${BATCH}`),
    );
  const first = await readBatch();
  const lines = async function* () {
    yield csvLine(head);
    for (let rows = first; rows.length; rows = rows.length < BATCH ? [] : await readBatch(rows.at(-1))) yield rows.map(lineOf).join('');
  };
  const name = `usage-${agentId ? `${agentId}-` : ''}${since}-to-${dateOf(firstDay(clock, 1))}.csv`;
  return { content: Readable.from(lines()), name, type: 'text/csv; charset=utf-8; header=present' };
}
