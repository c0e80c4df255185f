import { afterAll, beforeAll, expect, test } from '@jest/globals';
import pg from 'pg';
import { startBackend, type TestBackend } from './backend.ts';

let backend: TestBackend;

beforeAll(async () => {
  backend = await startBackend();
});
afterAll(() => backend.stop());

const WITHOUT_TENANT = ['_prisma_migrations', 'used_assertions', 'rate_limits', 'accepted_configs', 'orphans', 'platform_images', 'leases'];

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

test('every Prisma model matches the migrated database', async () => {
  await backend.context.database.as('service', async (tx) => {
    const models = [
      tx.user,
      tx.agent,
      tx.agentSecret,
      tx.chatSession,
      tx.message,
      tx.operation,
      tx.operationStep,
      tx.session,
      tx.apiKey,
      tx.passwordReset,
      tx.identity,
      tx.challenge,
      tx.wallet,
      tx.passkey,
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
