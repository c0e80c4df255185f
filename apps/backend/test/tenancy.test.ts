import { afterAll, beforeAll, expect, test } from '@jest/globals';
import pg from 'pg';
import { startBackend, type TestBackend } from './backend.ts';

let backend: TestBackend;

beforeAll(async () => {
  backend = await startBackend();
});
afterAll(() => backend.stop());

const untenanted = ['_prisma_migrations', 'used_assertions', 'rate_limits', 'accepted_configs', 'orphans', 'platform_images', 'leases'];

test('every table has a forced policy, but the named few without tenants', async () => {
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
  ).toEqual(untenanted.sort());
});

test('every table with rows of one agent has the policy that holds a transaction to that agent', async () => {
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

test('the application is no superuser, owns nothing, and sees no row without a caller', async () => {
  await backend.account();
  const [row] = await backend.context.database.untenanted.$queryRaw<Record<string, unknown>[]>`
    SELECT current_user AS "user", (SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user) AS powerful,
      (SELECT count(*)::int FROM pg_tables WHERE tableowner = current_user) AS owned, (SELECT count(*)::int FROM users) AS seen`;
  expect(row).toEqual({ user: 'agentbot_app', powerful: false, owned: 0, seen: 0 });
});

test("a user's transaction cannot write another's row", async () => {
  const [mine, theirs] = [await backend.account(), await backend.account()];
  const operation = { id: 'op_x', agentId: 'a', ownerId: theirs, kind: 'stop' };
  await expect(backend.context.database.as({ userId: mine }, (tx) => tx.operation.create({ data: operation }))).rejects.toThrow(
    /row-level security/,
  );
});

test('every model of the schema can be read from the migrated database', async () => {
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
