import { ADMIN_AGENT_LIMIT, AppError, type NewAgentConfig, type Plan, planForTier, type Tier } from '@agentbot/contracts';
import type { Agent } from '../../generated/prisma/client.ts';
import { modelFromName } from '../../infra/openclaw/model-choice.ts';
import { type Actor, userOf } from '../../shared/actor.ts';
import { webAgentLimit } from '../accounts/accounts.ts';
import { requirePlan } from '../accounts/entitlements.ts';
import { insertAgent } from '../agents/insert-agent.ts';
import { validateAllowedDomains } from '../containers/allowed-domains.ts';
import { imageOfNewAgent } from '../containers/platform-image.ts';
import type { Context } from '../context.ts';
import { awaitProvisioning, beginProvisioning } from './begin-provisioning.ts';

/** How long the caller waits for the outcome. After the timeout the job continues. */
const WAIT_MS = 15_000;

interface Input {
  name: string;
  model: string;
  config?: NewAgentConfig | undefined;
  tier?: Tier | undefined;
  /** Takes precedence over the tier. */
  plan?: Plan | undefined;
  instructions?: string | undefined;
  /** False to return as soon as the row and the job are written. */
  wait?: boolean | undefined;
}

/**
 * Provisions an agent for the actor: writes its row and job in one transaction, then waits up to 15 seconds.
 * @param id the new row's id; a repeated request passes the same id and finds the row
 * @returns the agent, `running` or still `provisioning`
 * @throws AppError PAYMENT_REQUIRED, AGENT_LIMIT_REACHED, PROVISIONING_DISABLED, INVALID_REQUEST, or OPERATION_FAILED
 * when it fails within the wait; its row stays, in `error`
 */
export async function provisionAgent(context: Context, actor: Actor, input: Input, requestId: string, id?: string): Promise<Agent> {
  const { envelope, config, accounts } = context;
  const owner = await accounts.find(userOf(actor));
  if (!config.PROVISIONING_ENABLED) throw new AppError('PROVISIONING_DISABLED');
  if (!owner.plan && !owner.admin) throw new AppError('PAYMENT_REQUIRED');
  validateAllowedDomains(input.config, config);
  const model = await modelFromName(input.model, input.config ?? {}, config);

  const limit = owner.admin ? ADMIN_AGENT_LIMIT : webAgentLimit(owner);
  const tenant = { userId: owner.id };
  // A plan in the stored configuration means that the request named one. One inside `config` does not count: the tier sets the plan.
  const { plan: _, openclawVersion, ...given } = input.config ?? {};
  const agentConfig = { ...given, ...(input.plan && { plan: input.plan }) };
  const image = await imageOfNewAgent(context, openclawVersion);
  if (input.plan) requirePlan(owner, input.plan);
  const plan = input.plan ?? planForTier(input.tier, owner.admin ? null : owner.plan);
  const begun = await beginProvisioning(context, tenant, { kind: 'provision', requestId }, (tx) =>
    insertAgent(tx, envelope, owner, limit, {
      id,
      name: input.name,
      ...model,
      plan,
      config: agentConfig,
      instructions: input.instructions,
      image,
      state: 'provisioning',
    }),
  );

  if (input.wait === false) return begun.agent;
  const { agent, error: reason } = await awaitProvisioning(context, tenant, begun, WAIT_MS);
  if (reason) throw new AppError('OPERATION_FAILED', 'Failed to provision agent', { details: { agentId: begun.agent.id, reason } });
  return agent ?? begun.agent;
}
