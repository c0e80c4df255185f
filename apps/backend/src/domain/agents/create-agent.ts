import { type NewAgentConfig, plans } from '@agentbot/contracts';
import type { Agent } from '../../generated/prisma/client.ts';
import { modelFromConfig } from '../../infra/openclaw/model-choice.ts';
import { type Actor, tenantOf, userOf } from '../../shared/actor.ts';
import { coveredPlan } from '../accounts/entitlements.ts';
import { validateAllowedDomains } from '../containers/allowed-domains.ts';
import { imageOfNewAgent } from '../containers/platform-image.ts';
import type { Context } from '../context.ts';
import { insertAgent } from './insert-agent.ts';

interface Input {
  name: string;
  config?: NewAgentConfig | undefined;
}

/**
 * Creates an agent without a container; a start or a deployment creates the container.
 * @param id id of the new row, so that a repeated request finds the row
 * @throws AppError AGENT_LIMIT_REACHED, PAYMENT_REQUIRED when the subscription does not cover the plan, INVALID_REQUEST
 */
export async function createAgent(context: Context, actor: Actor, { name, config: given = {} }: Input, id?: string): Promise<Agent> {
  const { openclawVersion, ...config } = given;
  validateAllowedDomains(config, context.config);
  const owner = await context.accounts.find(userOf(actor));
  const plan = coveredPlan(actor, owner, config.plan);
  const model = await modelFromConfig(config, context.config);
  const image = await imageOfNewAgent(context, openclawVersion);
  return context.database.as(tenantOf(actor), (tx) =>
    insertAgent(tx, context.envelope, owner, plans[plan].backendLimit, { id, name, ...model, plan, config, image, state: 'pending' }),
  );
}
