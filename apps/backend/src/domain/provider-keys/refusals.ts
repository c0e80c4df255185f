import { msAgo } from '../../shared/clock.ts';
import type { Context } from '../context.ts';
import type { ProviderKey } from './stored-keys.ts';

/** A refusal is written at most this often for each key. */
const INTERVAL_MS = 60_000;

type Slice = Pick<Context, 'database' | 'clock'>;

/** Writes that a provider refused a key, at most once a minute. A key that was replaced meanwhile stays as it is. */
export async function recordRefusal({ database, clock }: Slice, { id, savedAt }: ProviderKey, status: number): Promise<void> {
  const isDue = { OR: [{ refusedAt: null }, { refusedAt: { lte: msAgo(clock, INTERVAL_MS) } }] };
  const data = { refusedAt: clock.now(), refusedStatus: status };
  await database.as('service', (tx) => tx.providerKey.updateMany({ where: { id, updatedAt: savedAt, ...isDue }, data }));
}

/** Removes the refusal of a key that a provider has accepted since; writes nothing for a key without one. */
export async function clearRefusal({ database }: Pick<Slice, 'database'>, { id, savedAt, refusedAt }: ProviderKey): Promise<void> {
  if (!refusedAt) return;
  const data = { refusedAt: null, refusedStatus: null };
  await database.as('service', (tx) => tx.providerKey.updateMany({ where: { id, updatedAt: savedAt }, data }));
}
