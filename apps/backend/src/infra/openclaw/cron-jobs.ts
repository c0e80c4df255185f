import { z } from 'zod';
import type { GatewayConnection } from './gateway-connection.ts';

/** The gateway's own maximum for one page. */
const MAX_JOBS = 200;

const schedule = z.union([
  z.object({ kind: z.literal('at'), at: z.string() }),
  z.object({ kind: z.literal('every'), everyMs: z.int() }),
  z.object({ kind: z.literal('cron'), expr: z.string(), tz: z.string().optional() }),
  // Kinds of newer gateways.
  z.object({ kind: z.string() }).transform(() => ({ kind: 'other' as const })),
]);
const job = z.object({
  id: z.string(),
  name: z.string(),
  description: z.string().optional(),
  enabled: z.boolean(),
  schedule,
  state: z.object({
    nextRunAtMs: z.int().optional(),
    runningAtMs: z.int().optional(),
    lastRunAtMs: z.int().optional(),
    lastRunStatus: z.enum(['ok', 'error', 'skipped']).optional(),
    lastError: z.string().optional(),
    lastDurationMs: z.int().optional(),
  }),
});
const result = z.object({ jobs: z.array(job), total: z.int() });

/** An entry of the gateway's schedule; times are in milliseconds since 1970. */
export type GatewayCronJob = z.infer<typeof job>;

/** The first 200 entries of the gateway's schedule, the next one first, with those that are off. @throws Error when the gateway does not answer */
export async function listGatewayCronJobs(gateway: GatewayConnection): Promise<z.infer<typeof result>> {
  return result.parse(await gateway.request('cron.list', { includeDisabled: true, limit: MAX_JOBS, sortBy: 'nextRunAtMs' }));
}
