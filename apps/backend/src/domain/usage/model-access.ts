import { timingSafeEqual } from 'node:crypto';
import type { KeySource } from '@agentbot/contracts';
import type { Agent } from '../../generated/prisma/client.ts';
import { type AgentSecrets, readAgentSecrets } from '../../infra/crypto/agent-secrets.ts';
import { readContainerSpec } from '../../infra/docker/stored-spec.ts';
import { fallbackTargets, keySecret, type ModelTarget, modelTarget, withPresentAddress } from '../../infra/openclaw/providers.ts';
import { msAgo } from '../../shared/clock.ts';
import { keyRecipient } from '../agents/model-key.ts';
import type { Context } from '../context.ts';
import { type Allowance, allowanceOf } from '../provider-keys/shared-keys.ts';
import { type ProviderKey, type ProviderKeys, readProviderKeys } from '../provider-keys/stored-keys.ts';
import type { OwnerPrice } from './prices.ts';
import { agentOfVirtualKey, virtualKey } from './virtual-key.ts';

/** How long what an agent may call is cached. */
export const MODEL_ACCESS_MS = 2_000;

type Slice = Pick<Context, 'config' | 'database' | 'envelope' | 'clock' | 'accounts'>;

/** A key to call a model with. */
export interface ModelKey {
  value: string;
  source: KeySource;
  /** The row of a key that is not the agent's own. */
  stored?: ProviderKey;
}

/** What an agent may call, and with which keys. */
export interface ModelAccess {
  agent: Agent;
  /** The models of the agent's container; without a container, those of its row. */
  targets: ModelTarget[];
  /**
   * The key for a target: the agent's own, unless it belongs to another provider by now; else the account's for that provider; else
   * the installation's. Undefined for none.
   */
  keyFor: (target: ModelTarget) => ModelKey | undefined;
  ownerPrice: OwnerPrice | undefined;
  /** Whether the agent or its account has a budget, here or by the operator's default. */
  hasBudget: boolean;
  /** What the account's calls with the installation's keys may cost; undefined for a plan that may not use them. */
  allowance: Allowance | undefined;
}

/** The keys beyond the agent's own. */
interface StoredKeys {
  account: ProviderKeys;
  /** Empty for a plan that may not use them. */
  installation: ProviderKeys;
}

/** The models that the row of an agent names. */
function targetsOfRow({ config }: Slice, agent: Agent, secrets: AgentSecrets, stored: StoredKeys): ModelTarget[] {
  const hasKey = (provider: string) =>
    stored.account.has(provider) || stored.installation.has(provider) || Boolean(secrets[keySecret(provider, agent.aiProvider)]);
  return [modelTarget(agent, config), ...fallbackTargets(agent, config, hasKey)];
}

/**
 * Reads what an agent may call; undefined when there is no such agent.
 * @param of the models of its `container`, which may be older than its row, or those of its `row`
 */
export async function readModelAccess(
  context: Slice,
  agentId: string,
  of: 'container' | 'row',
): Promise<(ModelAccess & { gatewayToken: string | undefined }) | undefined> {
  const { database, envelope, config } = context;
  const found = await database.as('service', async (tx) => {
    const secrets = await readAgentSecrets(tx, envelope, agentId);
    const agent = await tx.agent.findUnique({ where: { id: agentId }, include: { owner: true } });
    return agent && { secrets, agent, account: await readProviderKeys(tx, envelope, agent.ownerId) };
  });
  if (!found) return undefined;
  const { secrets, agent, account } = found;
  const allowance = await allowanceOf(context, agent.ownerId);
  const installation = allowance ? await database.as('service', (tx) => readProviderKeys(tx, envelope, null)) : new Map();
  const { owner, inputPriceMicros, outputPriceMicros } = agent;
  const spec = of === 'container' ? readContainerSpec(agent) : null;
  const targets =
    spec?.models?.map((target) => withPresentAddress(target, config)) ?? targetsOfRow(context, agent, secrets, { account, installation });
  // The agent's key for another provider must never reach this one.
  const isOwnKey = !spec?.models || spec.keyRecipient === keyRecipient(agent);
  const ownProvider = targets[0]?.provider;
  const ownKey = (provider: string): string | undefined => {
    if (provider === ownProvider) return isOwnKey ? secrets.apiKey : undefined;
    return secrets[keySecret(provider, ownProvider ?? '')];
  };
  return {
    agent,
    targets,
    keyFor: ({ provider }) => {
      const own = ownKey(provider);
      if (own) return { value: own, source: 'agent' };
      // Neither has keys for agents' own endpoints.
      const saved = account.get(provider);
      if (saved) return { value: saved.value, source: 'account', stored: saved };
      const shared = installation.get(provider);
      return shared && { value: shared.value, source: 'installation', stored: shared };
    },
    ownerPrice:
      inputPriceMicros === null || outputPriceMicros === null ? undefined : { input: inputPriceMicros, output: outputPriceMicros },
    hasBudget:
      [agent.dailyBudgetMicros, agent.monthlyBudgetMicros, owner.dailyBudgetMicros, owner.monthlyBudgetMicros].some(
        (budget) => budget !== null,
      ) || Boolean(config.PLAN_BUDGETS[agent.plan]),
    allowance,
    gatewayToken: secrets.gatewayToken,
  };
}

/**
 * Returns a function that finds what the container with a virtual key may call. Its answers are up to two seconds old.
 * @returns undefined for a key that is not, or no longer, valid
 */
export function createKeyCheck(context: Slice): (key: string) => Promise<ModelAccess | undefined> {
  const cache = new Map<string, { at: Date; access: ReturnType<typeof readModelAccess> }>();

  function accessOf(agentId: string) {
    const cached = cache.get(agentId);
    if (cached && cached.at > msAgo(context.clock, MODEL_ACCESS_MS)) return cached.access;
    for (const [id, { at }] of cache) if (at <= msAgo(context.clock, MODEL_ACCESS_MS)) cache.delete(id);
    const access = readModelAccess(context, agentId, 'container');
    cache.set(agentId, { at: context.clock.now(), access });
    access.catch(() => cache.delete(agentId));
    return access;
  }
  return async (key) => {
    const agentId = agentOfVirtualKey(key);
    const access = agentId === undefined ? undefined : await accessOf(agentId);
    if (!access?.gatewayToken) return undefined;
    const [given, expected] = [Buffer.from(key), Buffer.from(virtualKey(access.agent.id, access.gatewayToken))];
    return given.length === expected.length && timingSafeEqual(given, expected) ? access : undefined;
  };
}
