import type { ProviderKeyView } from '@agentbot/contracts';
import type { ProviderKey as Row } from '../../generated/prisma/client.ts';
import type { Envelope } from '../../infra/crypto/envelope.ts';
import type { Transaction } from '../../infra/database/database.ts';
import type { KnownProvider } from '../../infra/openclaw/providers.ts';
import { newId } from '../../shared/ids.ts';

/** A key that an account or the installation has for a provider, in clear text. It may leave this process only for that provider. */
export interface ProviderKey {
  id: string;
  value: string;
  /** When the key was saved; a late answer to an older key must not count for it. */
  savedAt: Date;
  refusedAt: Date | null;
}
export type ProviderKeys = ReadonlyMap<string, ProviderKey>;

/** The envelope's context: a value copied to another account or provider does not open. */
const contextOf = (ownerId: string | null, provider: string) => `provider_keys|${ownerId ?? ''}|${provider}`;

/**
 * Reads the keys of an account, or of the installation, in clear text, by provider.
 * @param ownerId null for the installation, whose keys only the service may read
 * @throws Error when a key was sealed with a key that is not configured
 */
export async function readProviderKeys(tx: Transaction, envelope: Envelope, ownerId: string | null): Promise<ProviderKeys> {
  const rows = await tx.providerKey.findMany({ where: { ownerId } });
  return new Map(
    rows.map(({ id, provider, sealed, updatedAt, refusedAt }) => [
      provider,
      { id, value: envelope.open(sealed, contextOf(ownerId, provider)), savedAt: updatedAt, refusedAt },
    ]),
  );
}

/** The providers that an account, or the installation, has a key for; the values are not read. */
export async function keyedProviders(tx: Transaction, ownerId: string | null): Promise<ReadonlySet<string>> {
  const rows = await tx.providerKey.findMany({ where: { ownerId }, select: { provider: true } });
  return new Set(rows.map(({ provider }) => provider));
}

/** Inserts or replaces a key of an account, or of the installation. */
export async function writeProviderKey(
  tx: Transaction,
  envelope: Envelope,
  { ownerId, provider, value }: { ownerId: string | null; provider: KnownProvider; value: string },
  { now, isTested }: { now: Date; isTested: boolean },
): Promise<Row> {
  const key = {
    sealed: envelope.seal(value, contextOf(ownerId, provider)),
    preview: previewOf(value),
    updatedAt: now,
    testedAt: isTested ? now : null,
    refusedAt: null,
    refusedStatus: null,
  };
  // Prisma's upsert takes no null in a unique key. The lock makes parallel writes of one account take turns.
  await tx.$queryRaw`SELECT 1 FROM pg_advisory_xact_lock(hashtext(${contextOf(ownerId, provider)}))`;
  const existing = await tx.providerKey.findFirst({ where: { ownerId, provider } });
  if (existing) return tx.providerKey.update({ where: { id: existing.id }, data: key });
  return tx.providerKey.create({ data: { id: newId('pk'), ownerId, provider, createdAt: now, ...key } });
}

/** The last four characters. Of a short key they would be too large a part. */
const previewOf = (key: string): string => (key.length < 16 ? '…' : `…${key.slice(-4)}`);

/** The last refusal of a key; null for none. */
export const refusalOf = ({ refusedAt, refusedStatus }: Row): ProviderKeyView['refused'] =>
  refusedAt && refusedStatus !== null ? { at: refusedAt.toISOString(), status: refusedStatus } : null;

/** A key without its value. */
export const providerKeyView = (row: Row, agentCount: number): ProviderKeyView => ({
  provider: row.provider as KnownProvider,
  keyPreview: row.preview,
  createdAt: row.createdAt.toISOString(),
  updatedAt: row.updatedAt.toISOString(),
  testedAt: row.testedAt?.toISOString() ?? null,
  refused: refusalOf(row),
  agentCount,
});
