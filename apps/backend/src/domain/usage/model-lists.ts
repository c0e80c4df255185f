import { AppError, type ModelView } from '@agentbot/contracts';
import { connectionsFor } from '../../infra/openclaw/model-connections.ts';
import { fetchModelList, modelListUrl, NoModelList } from '../../infra/openclaw/model-list.ts';
import { DEMO_MODEL, isKnown, type KnownProvider, type ModelTarget, providerTarget, titleOf } from '../../infra/openclaw/providers.ts';
import { type Actor, userOf } from '../../shared/actor.ts';
import { msAgo } from '../../shared/clock.ts';
import { sha256 } from '../../shared/sha256.ts';
import { getAgent } from '../agents/agents.ts';
import type { Context } from '../context.ts';
import { recordRefusal } from '../provider-keys/refusals.ts';
import { allowanceOf } from '../provider-keys/shared-keys.ts';
import { type ProviderKey, readProviderKeys } from '../provider-keys/stored-keys.ts';
import { readModelAccess } from './model-access.ts';
import { catalogueFacts } from './prices.ts';

/** The demo model is free. */
const demoFacts = { contextLength: null, price: { inputUsd: 0, outputUsd: 0 } };

/** How old a list may be. */
const CACHE_MS = 10 * 60_000;
/** The most lists in memory. */
const MAX_LISTS = 200;

interface Key {
  value: string;
  stored?: ProviderKey;
}

const nameOf = (provider: ModelTarget['provider']): string => (isKnown(provider) ? titleOf(provider) : 'The endpoint');

/** Reads lists of models from providers, and keeps them for ten minutes by address and key. */
export function createModelLists(context: Context) {
  const { config, clock, modelConnections, database, envelope } = context;
  const lists = new Map<string, { at: Date; models: Promise<ModelView[]> }>();

  /** @throws AppError INVALID_REQUEST for an address that is not allowed */
  function dispatcherFor(target: ModelTarget) {
    try {
      return connectionsFor(modelConnections, target, new URL(modelListUrl(target)), config.ALLOW_PRIVATE_MODEL_ENDPOINTS);
    } catch (error) {
      throw error instanceof AppError ? new AppError('INVALID_REQUEST', error.message) : error;
    }
  }
  async function read(target: ModelTarget, key: Key | undefined): Promise<ModelView[]> {
    const { provider } = target;
    const listed = await fetchModelList(dispatcherFor(target), target, key?.value).catch(async (error) => {
      if (!(error instanceof NoModelList)) throw error;
      const { refusedStatus } = error;
      if (refusedStatus === undefined) throw new AppError('MODELS_UNAVAILABLE', `${nameOf(provider)} lists no models: ${error.message}`);
      if (key?.stored) await recordRefusal(context, key.stored, refusedStatus);
      throw new AppError('INVALID_REQUEST', `${nameOf(provider)} refused the key (${refusedStatus}), so it lists no models`);
    });
    return listed.map(({ id, contextLength, price }) => {
      const known = contextLength !== undefined && price ? undefined : catalogueFacts(provider, id);
      return { id, contextLength: contextLength ?? known?.contextLength ?? null, price: price ?? known?.price ?? null };
    });
  }

  function cached(target: ModelTarget, key: Key | undefined): Promise<ModelView[]> {
    const place = sha256(JSON.stringify([target.api, target.baseUrl, key?.value]));
    const found = lists.get(place);
    if (found && found.at > msAgo(clock, CACHE_MS)) return found.models;
    const models = read(target, key);
    lists.delete(place);
    lists.set(place, { at: clock.now(), models });
    // A map lists its entries in the order of their insertion.
    for (const oldest of [...lists.keys()].slice(0, Math.max(0, lists.size - MAX_LISTS))) lists.delete(oldest);
    models.catch(() => {
      if (lists.get(place)?.models === models) lists.delete(place);
    });
    return models;
  }

  /** @throws AppError INVALID_REQUEST without a key where the provider needs one */
  async function list(target: ModelTarget, key: Key | undefined) {
    const { provider } = target;
    if (provider === 'demo') return { provider, models: [{ id: DEMO_MODEL, ...demoFacts }] };
    // OpenRouter's list is public; an endpoint of an owner's own may need no key.
    if (!key && isKnown(provider) && provider !== 'openrouter') {
      throw new AppError('INVALID_REQUEST', `There is no key for ${titleOf(provider)}: save one under Model keys to see its models`);
    }
    return { provider, models: await cached(target, key) };
  }

  return {
    /** A provider's models. @throws AppError INVALID_REQUEST without a key, or with a refused one, MODELS_UNAVAILABLE */
    async ofProvider(actor: Actor, provider: KnownProvider) {
      const ownerId = userOf(actor);
      const read = (owner: string | null) =>
        database.as('service', async (tx) => (await readProviderKeys(tx, envelope, owner)).get(provider));
      const stored = (await read(ownerId)) ?? ((await allowanceOf(context, ownerId)) && (await read(null)));
      return list(providerTarget(provider, config), stored && { value: stored.value, stored });
    },
    /** The models of an agent's provider. @throws AppError AGENT_NOT_FOUND, INVALID_REQUEST, MODELS_UNAVAILABLE */
    async ofAgent(actor: Actor, id: string) {
      await getAgent(context, actor, id);
      const access = await readModelAccess(context, id, 'row');
      const target = access?.targets[0];
      if (!target) throw new AppError('AGENT_NOT_FOUND');
      return list(target, access.keyFor(target));
    },
  };
}
