import { AppError } from '@agentbot/contracts';
import { probeKey } from '../../infra/openclaw/probe-key.ts';
import { type KnownProvider, providerTarget, titleOf } from '../../infra/openclaw/providers.ts';
import type { Context } from '../context.ts';

/**
 * Asks a provider about a key. A provider that cannot be reached now must not keep a key from being saved.
 * @returns whether the provider accepted the key; false when it could not say
 * @throws AppError INVALID_REQUEST when it refused the key
 */
export async function acceptedBy(
  { config, modelConnections }: Pick<Context, 'config' | 'modelConnections'>,
  provider: KnownProvider,
  apiKey: string,
): Promise<boolean> {
  const probe = await probeKey(modelConnections, providerTarget(provider, config), apiKey);
  if (typeof probe === 'object') {
    throw new AppError(
      'INVALID_REQUEST',
      `${titleOf(provider)} refused this key (${probe.refusedStatus}). It was not saved: check the key`,
    );
  }
  return probe === 'accepted';
}
