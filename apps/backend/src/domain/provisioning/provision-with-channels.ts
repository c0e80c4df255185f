import { AppError, type ChannelProvision, type ProvisionedFully, plans } from '@agentbot/contracts';
import type { Agent } from '../../generated/prisma/client.ts';
import { type AgentSecrets, readAgentSecrets } from '../../infra/crypto/agent-secrets.ts';
import { readContainerSpec } from '../../infra/docker/stored-spec.ts';
import { defaultModelOf, responseModels } from '../../infra/openclaw/providers.ts';
import { type Actor, isTrusted, SERVICE_ACCOUNT, tenantOf, userOf } from '../../shared/actor.ts';
import { randomName } from '../../shared/ids.ts';
import type { Account } from '../accounts/accounts.ts';
import { requirePlan } from '../accounts/entitlements.ts';
import { agentUrl, PROVISIONED_PREFIX, subdomain } from '../agents/addresses.ts';
import { backendStatus } from '../agents/agent-view.ts';
import { insertAgent } from '../agents/insert-agent.ts';
import { claimSubscription } from '../billing/claim-subscription.ts';
import type { Context } from '../context.ts';
import { streamView } from '../streaming/live-stream.ts';
import { withStream } from '../streaming/live-streams.ts';
import { awaitProvisioning, beginProvisioning } from './begin-provisioning.ts';

/** How long the caller waits for the container. After the timeout the job continues. */
const WAIT_MS = 60_000;

interface Request {
  requestId: string;
  /** A random name for the new agent; a repeated request passes the same name. */
  name?: string | undefined;
  contactEmail?: string | undefined;
}

/**
 * Requires a subscription: the account's plan, or the named Stripe subscription, which is looked up. Without Stripe, a
 * caller with the internal key may name any subscription.
 * @throws AppError PAYMENT_REQUIRED
 */
async function requirePayment(context: Context, actor: Actor, owner: Account, { plan, stripeSubscriptionId: id }: ChannelProvision) {
  if (id && context.stripe && !owner.admin && !owner.tester) return claimSubscription(context, owner, plan, id);
  if (isTrusted(actor) && !context.stripe && /^sub_\w+$/.test(id ?? '')) return;
  requirePlan(owner, plan);
}

/**
 * Provisions an agent with channel tokens: writes row, stream and job, then waits up to a minute for its container. It also
 * succeeds without a container.
 * @throws AppError PROVISIONING_DISABLED, PAYMENT_REQUIRED, AGENT_LIMIT_REACHED
 */
export async function provisionWithChannels(
  context: Context,
  actor: Actor,
  body: ChannelProvision,
  request: Request,
): Promise<ProvisionedFully> {
  const { database, envelope, config, accounts } = context;
  if (!config.PROVISIONING_ENABLED) throw new AppError('PROVISIONING_DISABLED');
  const owner = await accounts.find(userOf(actor));
  await requirePayment(context, actor, owner, body);

  const { telegramToken, discordBotToken, whatsappToken, slackBotToken, slackAppToken, telegramUserId, aiProvider, apiKey, plan } = body;
  const contact = owner.id === SERVICE_ACCOUNT ? null : owner.email;
  const id = (request.name ?? randomName(10)).slice(0, 10);
  const tenant = tenantOf(actor);
  const begun = await withStream(context, { id, ownerId: owner.id }, (stream) =>
    beginProvisioning(context, tenant, { kind: 'provision', requestId: request.requestId }, (tx) =>
      insertAgent(tx, envelope, owner, plans[plan].provisionLimit, {
        id,
        name: `${PROVISIONED_PREFIX}${id}`,
        model: defaultModelOf(aiProvider),
        aiProvider,
        plan,
        config: {
          plan,
          aiProvider,
          apiKey,
          telegramToken,
          discordBotToken,
          whatsappToken,
          slackBotToken,
          slackAppToken,
          ...(telegramUserId && { ownerIds: [telegramUserId] }),
        },
        state: 'provisioning',
        hostPrefix: PROVISIONED_PREFIX,
        contactEmail: body.email ?? request.contactEmail ?? contact,
        stream,
      }),
    ),
  );
  const { agent } = await awaitProvisioning(context, tenant, begun, WAIT_MS);
  const secrets = await database.as(tenant, (tx) => readAgentSecrets(tx, envelope, id));
  return view(context, agent ?? begun.agent, secrets, body);
}

const enabled = (token: string | undefined) => (token ? 'enabled' : 'disabled');

function view({ config }: Context, agent: Agent, secrets: AgentSecrets, { aiProvider }: ChannelProvision): ProvisionedFully {
  const spec = agent.state === 'running' && agent.runtime === 'container' ? readContainerSpec(agent) : null;
  return {
    success: true,
    userId: agent.id,
    agentId: agent.id,
    id: agent.id,
    aiProvider,
    aiProviderConfig: { ...responseModels[aiProvider], requiresKey: true },
    plan: agent.plan,
    ...streamView({ liveStreamId: agent.liveStreamId ?? '', streamKey: secrets.streamKey ?? '', playbackId: agent.playbackId }),
    subdomain: subdomain(agent, config),
    url: agentUrl(agent, config),
    status: backendStatus(agent.state),
    createdAt: agent.createdAt.toISOString(),
    metadata: {
      channels: {
        telegram: enabled(secrets.telegramToken),
        discord: enabled(secrets.discordBotToken),
        whatsapp: enabled(secrets.whatsappToken),
        ...(secrets.slackBotToken && { slack: 'enabled' as const }),
      },
      streaming: { provider: 'mux', lowLatency: true, resolution: '1920x1080', bitrate: '5000k' },
    },
    ...(spec && {
      container: {
        name: spec.names.container,
        status: 'running',
        port: spec.bind.gateway,
        gatewayUrl: `http://${spec.bind.address}:${spec.bind.gateway}`,
      },
    }),
  };
}
