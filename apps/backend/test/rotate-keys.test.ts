import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import pg from 'pg';
import { readAgentSecrets, writeAgentSecrets } from '../src/infra/crypto/agent-secrets.ts';
import { createEnvelope } from '../src/infra/crypto/envelope.ts';
import { assertion, startBackend, type TestBackend } from './backend.ts';

const newKey = (id: string) => `${id}:${randomBytes(32).toString('base64')}`;
const [old, fresh] = [newKey('old'), newKey('fresh')];
const AGENTS = 250;
let backend: TestBackend;
let client: pg.Client;
let owner: string;

beforeAll(async () => {
  backend = await startBackend({ ENCRYPTION_KEYS: old });
  owner = await backend.account();
  client = new pg.Client({ connectionString: backend.config.DATABASE_URL });
  await client.connect();
  await client.query("SELECT set_config('app.actor', 'service', false)");
  await backend.context.database.as('service', async (tx) => {
    for (let i = 0; i < AGENTS; i++) {
      const agent = { id: `agent_${i}`, ownerId: owner };
      await tx.agent.create({ data: { ...agent, name: 'A', model: 'gpt-4', aiProvider: 'openai' } });
      await writeAgentSecrets(tx, backend.context.envelope, agent, { apiKey: `key of ${i}` });
    }
  });
  await backend.context.database.as('service', (tx) =>
    tx.agentFileVersion.create({
      data: {
        id: 'fv_0',
        agentId: 'agent_0',
        ownerId: owner,
        name: 'SOUL.md',
        sha256: '',
        sizeBytes: 1,
        sealed: backend.context.envelope.seal('a replaced version', 'agent_file_versions|agent_0|fv_0'),
      },
    }),
  );
  await backend.context.database.as('service', (tx) =>
    tx.backup.create({
      data: {
        id: 'bk_0',
        agentId: 'agent_0',
        ownerId: owner,
        cause: 'manual',
        name: 'x',
        sizeBytes: 1,
        sha256: '',
        sealedKey: backend.context.envelope.seal('key of a backup', 'backups|bk_0'),
      },
    }),
  );
  await backend.context.database.as('service', async (tx) => {
    const key = { preview: '', createdAt: new Date(), updatedAt: new Date() };
    const sealed = (context: string) => backend.context.envelope.seal(`key of ${context}`, context);
    const [own, shared] = [`provider_keys|${owner}|openai`, 'provider_keys||openai'];
    await tx.providerKey.create({ data: { id: 'pk_own', ownerId: owner, provider: 'openai', sealed: sealed(own), ...key } });
    await tx.providerKey.create({ data: { id: 'pk_shared', ownerId: null, provider: 'openai', sealed: sealed(shared), ...key } });
  });
  await backend.call('POST', '/api/keys', { token: await tokenOf(), headers: { 'idempotency-key': 'once' }, body: { name: 'k' } });
});
afterAll(async () => {
  await client.end();
  await backend.stop();
});

const tokenOf = () => assertion(owner);

/** Runs `pnpm rotate-keys` with the environment of production. */
function rotateKeys(keys: string) {
  const { INTERNAL_API_KEY, ASSERTION_SECRET, DATABASE_URL } = backend.config;
  const env = { PATH: process.env.PATH, INTERNAL_API_KEY, ASSERTION_SECRET, DATABASE_URL, ENCRYPTION_KEYS: keys };
  return promisify(execFile)(process.execPath, ['src/app/cli/rotate-keys.ts'], { env }).then(
    ({ stdout, stderr }) => ({ code: 0, stdout, stderr }),
    (error) => ({ code: error.code as number, stdout: error.stdout as string, stderr: error.stderr as string }),
  );
}

/** Searches every text column of the database for values sealed with the old key. @returns `table.column` of each */
async function columnsUnderOldKey(): Promise<string[]> {
  const { rows: columns } = await client.query<{ name: string; column: string }>(
    "SELECT table_name AS name, column_name AS column FROM information_schema.columns WHERE table_schema = 'public' AND data_type IN ('text', 'jsonb', 'character varying')",
  );
  const found: string[] = [];
  for (const { name, column } of columns) {
    const { rowCount } = await client.query(`SELECT 1 FROM "${name}" WHERE "${column}"::text LIKE '%v1.old.%' LIMIT 1`);
    if (rowCount) found.push(`${name}.${column}`);
  }
  return found.sort();
}

test('rotate-keys rewraps every secret during concurrent writes, and reports that the old key is no longer needed', async () => {
  expect(await columnsUnderOldKey()).toEqual([
    'agent_file_versions.sealed',
    'agent_secrets.sealed',
    'backups.sealed_key',
    'idempotency_keys.sealed_body',
    'provider_keys.sealed',
  ]);
  // A backend that knows the new key writes while the rotation runs.
  const envelope = createEnvelope(`${fresh},${old}`);
  const writing = (async () => {
    for (let i = 0; i < AGENTS; i += 5) {
      const agent = { id: `agent_${i}`, ownerId: owner };
      await backend.context.database.as('service', (tx) => writeAgentSecrets(tx, envelope, agent, { apiKey: `new key of ${i}` }));
    }
  })();
  // This write is not committed yet when the rotation reads the row, and is committed before the rotation replaces it.
  const replaced = envelope.seal('new key of 7', 'agent_secrets|agent_7|apiKey');
  await client.query('BEGIN');
  await client.query("UPDATE agent_secrets SET sealed = $1 WHERE agent_id = 'agent_7' AND name = 'apiKey'", [replaced]);
  const committing = (async () => {
    const isAwaited = async () => {
      const rows = await backend.context.database.untenanted.$queryRaw<unknown[]>`SELECT 1 FROM pg_locks WHERE NOT granted`;
      return rows.length > 0;
    };
    while (!(await isAwaited())) await sleep(20);
    await client.query('COMMIT');
  })();
  const [{ code, stdout }] = await Promise.all([rotateKeys(`${fresh},${old}`), writing, committing]);
  expect([code, stdout]).toEqual([0, expect.stringContaining('No secret is under old any more')]);
  expect(await columnsUnderOldKey()).toEqual([]);

  const freshOnly = createEnvelope(fresh);
  await backend.context.database.as('service', async (tx) => {
    const { sealedKey } = await tx.backup.findUniqueOrThrow({ where: { id: 'bk_0' } });
    expect(freshOnly.open(sealedKey ?? '', 'backups|bk_0')).toBe('key of a backup');
    for (const [id, context] of [
      ['pk_own', `provider_keys|${owner}|openai`],
      ['pk_shared', 'provider_keys||openai'],
    ] as const) {
      const { sealed } = await tx.providerKey.findUniqueOrThrow({ where: { id } });
      expect(freshOnly.open(sealed, context)).toBe(`key of ${context}`);
    }
    const version = await tx.agentFileVersion.findUniqueOrThrow({ where: { id: 'fv_0' } });
    expect(freshOnly.open(version.sealed, 'agent_file_versions|agent_0|fv_0')).toBe('a replaced version');
    for (let i = 0; i < AGENTS; i++) {
      expect(await readAgentSecrets(tx, freshOnly, `agent_${i}`)).toEqual({ apiKey: i % 5 && i !== 7 ? `key of ${i}` : `new key of ${i}` });
    }
  });
  expect((await rotateKeys(`${fresh},${old}`)).stdout).toMatch(/^0 secrets were rewrapped under fresh, 255 were already under it/);
});

test('rotate-keys exits with 1 and names the row that no configured key opens', async () => {
  const { code, stdout, stderr } = await rotateKeys(newKey('other'));
  expect([code, stdout]).toEqual([1, expect.not.stringContaining('any more')]);
  expect(stderr).toContain('No configured key opens agent_secrets.sealed of agent_0, apiKey');
});
