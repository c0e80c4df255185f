import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import pg from 'pg';
import { startBackend, type TestBackend } from './backend.ts';

let backend: TestBackend;

beforeAll(async () => {
  backend = await startBackend();
});
afterAll(() => backend.stop());

const WITHOUT_TENANT = [
  '_prisma_migrations',
  'used_assertions',
  'rate_limits',
  'accepted_configs',
  'orphans',
  'platform_images',
  'pulled_images',
  'leases',
];

test('every table has a forced policy, except the listed tables without a tenant', async () => {
  const client = new pg.Client({ connectionString: backend.config.DATABASE_URL });
  await client.connect();
  const { rows } = await client.query<{ name: string; guarded: boolean }>(`
    SELECT c.relname AS name, c.relrowsecurity AND c.relforcerowsecurity AND EXISTS (
      SELECT 1 FROM pg_policy p WHERE p.polrelid = c.oid AND p.polqual IS NOT NULL AND p.polwithcheck IS NOT NULL) AS guarded
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = 'public' AND c.relkind = 'r'`);
  await client.end();
  expect(
    rows
      .filter(({ guarded }) => !guarded)
      .map(({ name }) => name)
      .sort(),
  ).toEqual(WITHOUT_TENANT.sort());
});

test('every table with an agent_id has the restrictive policy that limits a transaction to one agent', async () => {
  const client = new pg.Client({ connectionString: backend.config.DATABASE_URL });
  await client.connect();
  const { rows } = await client.query<{ name: string }>(`
    SELECT c.relname AS name FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'agent_id' AND NOT a.attisdropped
    WHERE n.nspname = 'public' AND c.relkind = 'r' AND NOT EXISTS (
      SELECT 1 FROM pg_policy p WHERE p.polrelid = c.oid AND NOT p.polpermissive AND p.polqual IS NOT NULL AND p.polwithcheck IS NOT NULL)`);
  await client.end();
  expect(rows).toEqual([]);
});

test('the application’s role is no superuser, owns no table, and reads no row without a tenant', async () => {
  await backend.account();
  const [row] = await backend.context.database.untenanted.$queryRaw<Record<string, unknown>[]>`
    SELECT current_user AS "user", (SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user) AS powerful,
      (SELECT count(*)::int FROM pg_tables WHERE tableowner = current_user) AS owned, (SELECT count(*)::int FROM users) AS seen`;
  expect(row).toEqual({ user: 'agentbot_app', powerful: false, owned: 0, seen: 0 });
});

test("a user's transaction cannot insert a row of another user", async () => {
  const [mine, theirs] = [await backend.account(), await backend.account()];
  const operation = { id: 'op_x', agentId: 'a', ownerId: theirs, kind: 'stop' };
  await expect(backend.context.database.as({ userId: mine }, (tx) => tx.operation.create({ data: operation }))).rejects.toThrow(
    /row-level security/,
  );
});

test('every policy compares the row with the tenant of the transaction, and admits the platform itself', async () => {
  const client = new pg.Client({ connectionString: backend.config.DATABASE_URL });
  await client.connect();
  const { rows } = await client.query<{ name: string; policy: string; using: string; check: string; owned: boolean }>(`
    SELECT p.tablename AS name, p.policyname AS policy, p.qual AS using, p.with_check AS check,
      EXISTS (SELECT FROM information_schema.columns c WHERE c.table_name = p.tablename AND c.column_name = 'owner_id') AS owned
    FROM pg_policies p WHERE p.schemaname = 'public' AND p.permissive = 'PERMISSIVE'`);
  await client.end();
  expect(rows.length).toBeGreaterThan(20);
  const isUser = /owner_id = current_setting\('app\.user_id'::text, true\)/;
  const isPlatform = /current_setting\('app\.actor'::text, true\) = 'service'::text/;
  for (const { name, policy, using, check, owned } of rows) {
    for (const condition of [using, check]) {
      expect({ name, policy, condition }).toMatchObject({ condition: expect.stringMatching(isPlatform) });
      // Rows of pending audit entries are the platform's own, though they name their owner.
      if (owned && policy !== 'platform') expect({ name, condition }).toMatchObject({ condition: expect.stringMatching(isUser) });
    }
  }
});

describe('a row of another account', () => {
  const expiresAt = new Date(Date.now() + 3_600_000);
  test.each(['subscription', 'session', 'passwordReset', 'idempotencyKey', 'providerKey', 'signInPasskey'] as const)(
    'in the table of %s is not read, changed or deleted',
    async (model) => {
      const [mine, theirs] = [await backend.account(), await backend.account()];
      const row = (name: string) =>
        ({
          subscription: { id: `sub_${name}`, ownerId: theirs, status: 'active', plan: 'solo' },
          session: { id: `session_${name}`, ownerId: theirs, expiresAt },
          passwordReset: { hash: `hash_${name}`, ownerId: theirs, expiresAt },
          idempotencyKey: { ownerId: theirs, key: name, fingerprint: 'f', resourceId: 'r', aliveAt: new Date() },
          signInPasskey: {
            ...{ id: `passkey_${name}`, ownerId: theirs, name, credentialId: name },
            ...{ publicKey: Buffer.of(1), transports: [], createdAt: new Date() },
          },
          providerKey: {
            id: `pk_${name}`,
            ownerId: theirs,
            provider: name,
            sealed: 's',
            preview: '',
            createdAt: new Date(),
            updatedAt: new Date(),
          },
        })[model];
      interface Delegate {
        create(query: { data: unknown }): Promise<unknown>;
        findMany(query: { where: { ownerId: string } }): Promise<unknown[]>;
        updateMany(query: { where: { ownerId: string }; data: { ownerId: string } }): Promise<{ count: number }>;
        deleteMany(query: { where: { ownerId: string } }): Promise<{ count: number }>;
      }
      const { database } = backend.context;
      await database.as('service', (tx) => (tx[model] as unknown as Delegate).create({ data: row(`first_${theirs}`) }));
      const where = { ownerId: theirs };
      const as = <T>(user: string, work: (table: Delegate) => Promise<T>) =>
        database.as({ userId: user }, (tx) => work(tx[model] as unknown as Delegate));
      expect((await as(theirs, (table) => table.findMany({ where }))).length).toBeGreaterThan(0);
      expect(await as(mine, (table) => table.findMany({ where }))).toEqual([]);
      expect(await as(mine, (table) => table.updateMany({ where, data: { ownerId: mine } }))).toEqual({ count: 0 });
      expect(await as(mine, (table) => table.deleteMany({ where }))).toEqual({ count: 0 });
      await expect(as(mine, (table) => table.create({ data: row(`second_${theirs}`) }))).rejects.toThrow(/row-level security/);
    },
  );
});

test('every Prisma model matches the migrated database', async () => {
  await backend.context.database.as('service', async (tx) => {
    const models = [
      tx.user,
      tx.agent,
      tx.agentSecret,
      tx.agentFileVersion,
      tx.chatSession,
      tx.message,
      tx.messageImage,
      tx.operation,
      tx.operationStep,
      tx.session,
      tx.apiKey,
      tx.providerKey,
      tx.passwordReset,
      tx.identity,
      tx.challenge,
      tx.wallet,
      tx.passkey,
      tx.signInPasskey,
      tx.subscription,
      tx.liveStream,
      tx.stripeEvent,
      tx.paymentClaim,
      tx.idempotencyKey,
      tx.auditPending,
      tx.platformImage,
      tx.usedAssertion,
      tx.rateLimit,
      tx.lease,
      tx.logChunk,
      tx.logView,
      tx.usageSample,
      tx.usagePoint,
    ];
    for (const model of models) await (model as { findFirst(): Promise<unknown> }).findFirst();
  });
});
