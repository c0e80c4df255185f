import { AppError, type NewAgentConfig, plans } from '@agentbot/contracts';
import { readAgentSecrets } from '../../infra/crypto/agent-secrets.ts';
import { readAgentConfig } from '../../infra/openclaw/agent-config.ts';
import { modelFromConfig } from '../../infra/openclaw/model-choice.ts';
import { type Actor, tenantOf, userOf } from '../../shared/actor.ts';
import { coveredPlan, hasDefaultPlan, requireContainer } from '../accounts/entitlements.ts';
import { findOwnAgent } from '../agents/find-agent.ts';
import { insertAgent } from '../agents/insert-agent.ts';
import { updateAgentMetadata } from '../agents/update-agent-metadata.ts';
import { validateAllowedDomains } from '../containers/allowed-domains.ts';
import { imageOfNewAgent } from '../containers/platform-image.ts';
import type { Context } from '../context.ts';
import { beginOperation, operationInProgress } from '../operations/operations.ts';
import { awaitProvisioning } from './begin-provisioning.ts';

/** How long the caller waits for the container. After the timeout the job continues. */
const WAIT_MS = 120_000;

interface Input {
  agentId: string;
  config?: NewAgentConfig | undefined;
}

async function hasChannel({ database, envelope }: Context, actor: Actor, agentId: string): Promise<boolean> {
  const { telegramToken, discordBotToken, whatsappToken, slackBotToken } = await database.as(tenantOf(actor), (tx) =>
    readAgentSecrets(tx, envelope, agentId),
  );
  return Boolean(telegramToken || discordBotToken || whatsappToken || slackBotToken);
}

/**
 * Deploys a container for the actor's agent of that id and waits until it is ready. Creates a missing agent.
 * @returns the agent; `already` is true when it ran already, so that nothing was done
 * @throws AppError INVALID_REQUEST without a channel token, AGENT_NOT_FOUND for another user's agent, PAYMENT_REQUIRED,
 * AGENT_LIMIT_REACHED, OPERATION_IN_PROGRESS, DOCKER_UNAVAILABLE, OPERATION_FAILED, PROVISIONING_DISABLED
 */
export async function deployAgent(context: Context, actor: Actor, { agentId, config: given = {} }: Input, requestId: string) {
  const { openclawVersion, ...config } = given;
  const { database, boss, envelope, accounts, host } = context;
  const tenant = tenantOf(actor);
  const hasNewToken = config.telegramToken || config.discordBotToken || config.whatsappToken || config.slackBotToken;
  const existing = await findOwnAgent(context, actor, agentId);
  if (actor.facade === 'backend' && !hasNewToken && !(existing && (await hasChannel(context, actor, agentId)))) {
    throw new AppError('INVALID_REQUEST', 'telegramToken is required');
  }
  const image = await imageOfNewAgent(context, openclawVersion);
  if (existing && image && image !== (existing.image ?? context.config.OPENCLAW_IMAGE)) {
    throw new AppError('INVALID_REQUEST', 'openclawVersion is for new agents: update the agent to change its version');
  }
  if (existing?.state === 'running' && existing.runtime === 'container') return { agent: existing, already: true };
  if (!context.config.PROVISIONING_ENABLED) throw new AppError('PROVISIONING_DISABLED');
  const owner = await accounts.find(existing?.ownerId ?? userOf(actor));
  const { plan: requestedPlan, ...otherConfig } = config;
  // A default plan stays a default when the request repeats its name.
  const namedPlan = existing && requestedPlan === existing.plan && hasDefaultPlan(existing) ? undefined : requestedPlan;
  const plan = namedPlan || !existing ? coveredPlan(actor, owner, namedPlan) : existing.plan;
  const merged = { ...(existing && readAgentConfig(existing)), ...otherConfig, ...(namedPlan && { plan: namedPlan }) };
  requireContainer(actor, owner, { plan, config: merged });
  if (!(await host.available())) {
    throw new AppError(
      'DOCKER_UNAVAILABLE',
      'Deployment failed: container provisioning requires Docker, which is not available on the server',
    );
  }

  validateAllowedDomains(config, context.config);
  const model = await modelFromConfig(config, context.config);
  const open = existing && (await database.as(tenant, (tx) => tx.operation.findFirst({ where: { agentId, finishedAt: null } })));
  if (open) throw operationInProgress(open);
  if (existing) await updateAgentMetadata(context, actor, agentId, { config });
  const begun = await database.as(tenant, async (tx) => {
    const agent =
      existing ??
      (await insertAgent(tx, envelope, owner, plans[plan].backendLimit, {
        id: agentId,
        name: agentId,
        ...model,
        plan,
        config,
        image,
        state: 'provisioning',
      }));
    return { agent, operation: await beginOperation(tx, boss, agent, 'provision', { requestId, plan }) };
  });
  const { agent, error } = await awaitProvisioning(context, tenant, begun, WAIT_MS);
  if (error) throw new AppError('OPERATION_FAILED', `Deployment failed: ${error}`);
  if (!agent) throw new AppError('AGENT_NOT_FOUND');
  return { agent, already: false };
}
