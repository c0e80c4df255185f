import type { TopSpenders } from '@agentbot/contracts';
import { Prisma } from '../../generated/prisma/client.ts';
import type { Context } from '../context.ts';
import { dateOf, firstDay, usd } from '../usage/spend.ts';

/** The maximum number of accounts, and of agents. */
const MAX_ROWS = 50;

interface Sums {
  requests: bigint;
  unpriced: bigint;
  input: bigint;
  cached: bigint;
  output: bigint;
  micros: bigint;
}
const sums = Prisma.sql`COALESCE(sum(d.requests), 0)::bigint AS requests, COALESCE(sum(d.unpriced_requests), 0)::bigint AS unpriced,
  COALESCE(sum(d.input_tokens), 0)::bigint AS input, COALESCE(sum(d.cached_tokens), 0)::bigint AS cached,
  COALESCE(sum(d.output_tokens), 0)::bigint AS output, COALESCE(sum(d.cost_micros), 0)::bigint AS micros`;
const figures = ({ requests, unpriced, input, cached, output, micros }: Sums) => ({
  requests: Number(requests),
  inputTokens: Number(input),
  cachedTokens: Number(cached),
  outputTokens: Number(output),
  costUsd: usd(micros),
  unpricedRequests: Number(unpriced),
});

/** The accounts and the agents whose model calls cost most in the last `days` days (UTC), and the sum of all; three queries. */
export async function listTopSpenders({ database, clock }: Pick<Context, 'database' | 'clock'>, days: number): Promise<TopSpenders> {
  const since = Prisma.sql`d.day >= ${dateOf(firstDay(clock, days))}::date`;
  return database.as('service', async (tx) => {
    const accounts = await tx.$queryRaw<(Sums & { id: string; email: string })[]>(Prisma.sql`
      SELECT d.owner_id AS id, u.email, ${sums} FROM model_days d JOIN users u ON u.id = d.owner_id
      WHERE ${since} GROUP BY d.owner_id, u.email ORDER BY micros DESC, requests DESC, id LIMIT ${MAX_ROWS}`);
    const agents = await tx.$queryRaw<(Sums & { id: string; name: string | null; email: string })[]>(Prisma.sql`
      SELECT d.agent_id AS id, a.name, u.email, ${sums} FROM model_days d JOIN users u ON u.id = d.owner_id LEFT JOIN agents a ON a.id = d.agent_id
      WHERE ${since} GROUP BY d.agent_id, a.name, u.email ORDER BY micros DESC, requests DESC, id LIMIT ${MAX_ROWS}`);
    const [total] = await tx.$queryRaw<[Sums]>(Prisma.sql`SELECT ${sums} FROM model_days d WHERE ${since}`);
    return {
      total: figures(total),
      accounts: accounts.map((row) => ({ id: row.id, email: row.email, ...figures(row) })),
      agents: agents.map((row) => ({ id: row.id, name: row.name, ownerEmail: row.email, ...figures(row) })),
    };
  });
}
