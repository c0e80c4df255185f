import type { CronJob } from '@agentbot/contracts';
import { agentSecretValues } from '../../infra/crypto/agent-secrets.ts';
import { type GatewayCronJob, listGatewayCronJobs } from '../../infra/openclaw/cron-jobs.ts';
import type { Actor } from '../../shared/actor.ts';
import { redact } from '../../shared/redact.ts';
import { getAgent } from '../agents/agents.ts';
import { requireGateway, throwGatewayUnavailable } from '../agents/gateway.ts';
import type { Context } from '../context.ts';
import { isoTime } from './file-content.ts';

function scheduleView(schedule: GatewayCronJob['schedule']): CronJob['schedule'] {
  switch (schedule.kind) {
    case 'at': {
      const at = Date.parse(schedule.at);
      return { kind: 'at', at: Number.isNaN(at) ? null : new Date(at).toISOString() };
    }
    case 'every':
      return { kind: 'every', everyMs: schedule.everyMs };
    case 'cron':
      return { kind: 'cron', expression: schedule.expr, timeZone: schedule.tz ?? null };
    case 'other':
      return { kind: 'other' };
  }
}

/** The entries of an agent's schedule, the next one first. @throws AppError AGENT_NOT_FOUND, AGENT_NOT_RUNNING, GATEWAY_UNAVAILABLE */
export async function listCronJobs(context: Context, actor: Actor, agentId: string): Promise<{ jobs: CronJob[]; total: number }> {
  const gateway = await requireGateway(context, await getAgent(context, actor, agentId));
  const { jobs, total } = await listGatewayCronJobs(gateway).catch(throwGatewayUnavailable);
  const secrets = await agentSecretValues(context, agentId);
  const views = jobs.map(({ id, name, description, enabled, schedule, state }) => ({
    id,
    name,
    description: description ?? null,
    enabled,
    schedule: scheduleView(schedule),
    nextRunAt: enabled ? isoTime(state.nextRunAtMs) : null,
    runningSince: isoTime(state.runningAtMs),
    lastRunAt: isoTime(state.lastRunAtMs),
    lastResult: state.lastRunStatus ?? null,
    // The error may contain the URL of a call, and Telegram's URLs contain the token.
    lastError: state.lastError ? redact(state.lastError, secrets) : null,
    lastDurationMs: state.lastDurationMs ?? null,
  }));
  return { jobs: views, total };
}
