import { type AgentConfig, type AgentConfigChange, AppError, type Plan } from '@agentbot/contracts';
import type { Agent } from '../../generated/prisma/client.ts';
import { splitConfig, writeAgentSecrets } from '../../infra/crypto/agent-secrets.ts';
import { modelAfterChange } from '../../infra/openclaw/model-choice.ts';
import { assertPublicEndpoint } from '../../infra/openclaw/model-endpoint.ts';
import { type Actor, tenantOf } from '../../shared/actor.ts';
import { changedPlan, hasDefaultPlan } from '../accounts/entitlements.ts';
import { validateAllowedDomains } from '../containers/allowed-domains.ts';
import type { Context } from '../context.ts';
import { sharedProviders } from '../provider-keys/shared-keys.ts';
import { getAgent } from './agents.ts';
import { keyRecipient, replaceKey } from './model-key.ts';

interface Change {
  name?: string | undefined;
  plan?: Plan | undefined;
  aiProvider?: AgentConfig['aiProvider'];
  cloneable?: boolean | undefined;
  config?: AgentConfigChange | undefined;
}

/**
 * Changes an agent's metadata; absent configuration fields keep their values. A running container keeps its old
 * configuration until a repair.
 * @throws AppError AGENT_NOT_FOUND, INVALID_REQUEST (also for a new provider without a key), PAYMENT_REQUIRED when the
 * owner's subscription does not cover the plan
 */
export async function updateAgentMetadata(context: Context, actor: Actor, id: string, change: Change): Promise<Agent> {
  const { database, envelope, accounts, config } = context;
  if (change.config?.baseUrl) await assertPublicEndpoint(change.config.baseUrl, config.ALLOW_PRIVATE_MODEL_ENDPOINTS);
  const requestedPlan = change.plan ?? change.config?.plan;
  const before = await getAgent(context, actor, id);
  // Forms also send unchanged fields. An unchanged plan needs no check, and must not turn a default plan into a named one.
  const isPlanChange = requestedPlan && requestedPlan !== before.plan;
  const plan = isPlanChange ? changedPlan(actor, await accounts.find(before.ownerId), before, requestedPlan) : undefined;
  const shared = await sharedProviders(context, before.ownerId);
  return database.as(tenantOf(actor), async (tx) => {
    // The row lock serializes parallel changes: none may overwrite the fields of another.
    await tx.$queryRaw`SELECT 1 FROM agents WHERE id = ${id} FOR UPDATE`;
    const agent = await tx.agent.findUnique({ where: { id } });
    if (!agent) throw new AppError('AGENT_NOT_FOUND');
    validateAllowedDomains(change.config, config);
    const { open, secrets } = splitConfig(change.config ?? {});
    const { plan: _, ...otherFields } = open;
    const {
      model,
      aiProvider,
      config: changedConfig,
    } = modelAfterChange(agent, {
      ...otherFields,
      ...(change.aiProvider && { aiProvider: change.aiProvider }),
      ...(requestedPlan && (plan || !hasDefaultPlan(agent)) && { plan: plan ?? agent.plan }),
      ...(change.cloneable !== undefined && { cloneable: change.cloneable }),
    });
    const { apiKey, ...tokens } = secrets;
    const recipientChanges = keyRecipient(agent) !== keyRecipient({ aiProvider, config: changedConfig });
    if (recipientChanges) await replaceKey(tx, envelope, agent, aiProvider, apiKey, shared);
    await writeAgentSecrets(tx, envelope, agent, recipientChanges ? tokens : secrets);
    return tx.agent.update({
      where: { id },
      data: {
        name: change.name ?? agent.name,
        plan: plan ?? agent.plan,
        model,
        aiProvider,
        config: changedConfig,
      },
    });
  });
}
