import { type AgentConfig, type AgentConfigChange, AppError, type Plan } from '@agentbot/contracts';
import type { Agent } from '../../generated/prisma/client.ts';
import { splitConfig, writeAgentSecrets } from '../../infra/crypto/agent-secrets.ts';
import { afterChange } from '../../infra/openclaw/model-choice.ts';
import { assertPublicEndpoint } from '../../infra/openclaw/model-endpoint.ts';
import { type Actor, tenantOf } from '../../shared/actor.ts';
import { changedPlan, hasDefaultPlan } from '../accounts/entitlements.ts';
import { validateAllowedDomains } from '../containers/allowed-domains.ts';
import type { Context } from '../context.ts';
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
 * Changes an agent's metadata; fields of the configuration that are not given stay. A container that runs keeps what it
 * was made with until it is repaired.
 * @throws AppError AGENT_NOT_FOUND, INVALID_REQUEST, also for a new provider without its key, PAYMENT_REQUIRED for a plan the owner's subscription does not cover
 */
export async function updateAgentMetadata(context: Context, actor: Actor, id: string, change: Change): Promise<Agent> {
  const { database, envelope, accounts, config } = context;
  if (change.config?.baseUrl) await assertPublicEndpoint(change.config.baseUrl, config.ALLOW_PRIVATE_MODEL_ENDPOINTS);
  const asked = change.plan ?? change.config?.plan;
  const before = asked && (await getAgent(context, actor, id));
  // Forms send what is left as it is, too: that asks for nothing, and does not name a plan that nobody has named.
  const changes = before && asked !== before.plan;
  const plan = changes ? changedPlan(actor, await accounts.find(before.ownerId), before, asked) : undefined;
  return database.as(tenantOf(actor), async (tx) => {
    // Two changes at once must not lose one another's fields.
    await tx.$queryRaw`SELECT 1 FROM agents WHERE id = ${id} FOR UPDATE`;
    const agent = await tx.agent.findUnique({ where: { id } });
    if (!agent) throw new AppError('AGENT_NOT_FOUND');
    validateAllowedDomains(change.config, config);
    const { open, secrets } = splitConfig(change.config ?? {});
    const { plan: _, ...others } = open;
    const {
      model,
      aiProvider,
      config: changed,
    } = afterChange(agent, {
      ...others,
      ...(change.aiProvider && { aiProvider: change.aiProvider }),
      ...(asked && (plan || !hasDefaultPlan(agent)) && { plan: plan ?? agent.plan }),
      ...(change.cloneable !== undefined && { cloneable: change.cloneable }),
    });
    const { apiKey, ...tokens } = secrets;
    const moves = keyRecipient(agent) !== keyRecipient({ aiProvider, config: changed });
    if (moves) await replaceKey(tx, envelope, agent, aiProvider, apiKey);
    await writeAgentSecrets(tx, envelope, agent, moves ? tokens : secrets);
    return tx.agent.update({
      where: { id },
      data: {
        name: change.name ?? agent.name,
        plan: plan ?? agent.plan,
        model,
        aiProvider,
        config: changed,
      },
    });
  });
}
