import type { Transaction } from '../../../infra/database/database.ts';
import { msAgo } from '../../../shared/clock.ts';
import type { Context } from '../../context.ts';

export type Grain = 'minute' | 'hour';
/** The age at which means are deleted, in hours. */
const RETENTION_HOURS: Record<Grain, number> = { minute: 24, hour: 30 * 24 };

/** Sums over samples; traffic counts the bytes moved between them. */
export interface GatheredUsage {
  samples: number;
  cpu: number;
  memory: number;
  memoryLimit: number;
  received: number;
  sent: number;
  read: number;
  written: number;
  pids: number;
}

/** The last sample; traffic counts from the container's start. */
export type LastUsage = Omit<GatheredUsage, 'cpu' | 'samples'> & { cpu: number | null };

/** Stores the last sample of each agent and updates the means of this minute and this hour, in one statement each. */
export async function writeSamples(
  tx: Transaction,
  samples: Map<string, LastUsage>,
  sums: Map<string, GatheredUsage>,
  freshMs: number,
): Promise<void> {
  const fields = (usage: Omit<LastUsage, 'cpu'>) => ({
    memory: usage.memory,
    memory_limit: usage.memoryLimit,
    received: usage.received,
    sent: usage.sent,
    read: usage.read,
    written: usage.written,
    pids: usage.pids,
  });
  const last = [...samples].map(([agent_id, usage]) => ({ agent_id, cpu: usage.cpu, ...fields(usage) }));
  await tx.$executeRaw`
    INSERT INTO usage_samples AS u (agent_id, owner_id, at, stale_at, cpu, memory, memory_limit, received, sent, read, written, pids)
    SELECT s.agent_id, a.owner_id, app_now(), app_now() + make_interval(secs => ${freshMs / 1000}::float8),
      s.cpu, s.memory, s.memory_limit, s.received, s.sent, s.read, s.written, s.pids
    FROM jsonb_to_recordset(${JSON.stringify(last)}::jsonb) AS s(agent_id text, cpu float8, memory bigint, memory_limit bigint,
      received bigint, sent bigint, read bigint, written bigint, pids int)
    JOIN agents a ON a.id = s.agent_id
    ON CONFLICT (agent_id) DO UPDATE SET at = excluded.at, stale_at = excluded.stale_at, cpu = coalesce(excluded.cpu, u.cpu),
      memory = excluded.memory, memory_limit = excluded.memory_limit, received = excluded.received, sent = excluded.sent,
      read = excluded.read, written = excluded.written, pids = excluded.pids`;
  const means = [...sums].map(([agent_id, usage]) => ({ agent_id, samples: usage.samples, cpu: usage.cpu, ...fields(usage) }));
  await tx.$executeRaw`
    INSERT INTO usage_points AS p (agent_id, grain, at, owner_id, samples, cpu, memory, memory_limit, received, sent, read, written, pids)
    SELECT s.agent_id, g.grain, date_trunc(g.grain, app_now()), a.owner_id, s.samples, s.cpu / s.samples, s.memory / s.samples,
      s.memory_limit, s.received, s.sent, s.read, s.written, s.pids / s.samples
    FROM jsonb_to_recordset(${JSON.stringify(means)}::jsonb) AS s(agent_id text, samples int, cpu float8, memory float8,
      memory_limit bigint, received bigint, sent bigint, read bigint, written bigint, pids float8)
    JOIN agents a ON a.id = s.agent_id CROSS JOIN (VALUES ('minute'), ('hour')) AS g(grain)
    ON CONFLICT (agent_id, grain, at) DO UPDATE SET
      cpu = (p.cpu * p.samples + excluded.cpu * excluded.samples) / (p.samples + excluded.samples),
      memory = (p.memory * p.samples + excluded.memory * excluded.samples) / (p.samples + excluded.samples),
      pids = (p.pids * p.samples + excluded.pids * excluded.samples) / (p.samples + excluded.samples),
      samples = p.samples + excluded.samples, memory_limit = excluded.memory_limit,
      received = p.received + excluded.received, sent = p.sent + excluded.sent,
      read = p.read + excluded.read, written = p.written + excluded.written`;
}

/** Deletes an agent's last sample. */
export async function deleteSamples({ database }: Pick<Context, 'database'>, agentId: string): Promise<void> {
  await database.as('service', (tx) => tx.usageSample.deleteMany({ where: { agentId } }));
}

/** Deletes minutes older than a day, hours older than thirty days, and the usage of deleted agents. */
export async function deleteOldUsage({ database, clock }: Pick<Context, 'database' | 'clock'>): Promise<void> {
  await database.as('service', async (tx) => {
    for (const [grain, hours] of Object.entries(RETENTION_HOURS)) {
      const before = msAgo(clock, hours * 3_600_000);
      await tx.usagePoint.deleteMany({ where: { grain, at: { lt: before } } });
    }
    await tx.$executeRaw`DELETE FROM usage_samples u WHERE stale_at < app_now() AND NOT EXISTS (SELECT 1 FROM agents a WHERE a.id = u.agent_id)`;
    await tx.$executeRaw`DELETE FROM usage_points u WHERE NOT EXISTS (SELECT 1 FROM agents a WHERE a.id = u.agent_id)`;
  });
}
