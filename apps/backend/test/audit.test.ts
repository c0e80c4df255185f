import { execFile } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import type { AuditEntryView } from '@agentbot/contracts';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import pg from 'pg';
import { createAuditJournal } from '../src/domain/audit/audit-journal.ts';
import { entryHash } from '../src/domain/audit/entry-hash.ts';
import { verifyAudit } from '../src/domain/audit/verify-audit.ts';
import { INTERNAL_KEY, startBackend, type TestBackend } from './backend.ts';
import { startChildBackend } from './child-backend.ts';

let backend: TestBackend;
let client: pg.Client;
let admin: string;
let owner: string;

beforeAll(async () => {
  backend = await startBackend();
  admin = await backend.account();
  owner = await backend.account();
  client = new pg.Client({ connectionString: backend.config.DATABASE_URL });
  await client.connect();
});
afterAll(async () => {
  await client.end();
  await backend.stop();
});

const entries = async (user: string, query = ''): Promise<AuditEntryView[]> =>
  (await backend.as(user, 'GET', `/api/audit${query}`)).body.entries;
const problems = async () => {
  const found: string[] = [];
  for await (const { ownerId, problem } of verifyAudit(backend.context.database)) if (problem) found.push(`${ownerId}: ${problem}`);
  return found;
};
/** Runs the command-line tool with the environment that production gives it. */
async function command() {
  const { INTERNAL_API_KEY, ASSERTION_SECRET, ENCRYPTION_KEYS, DATABASE_URL } = backend.config;
  const env = { PATH: process.env.PATH, INTERNAL_API_KEY, ASSERTION_SECRET, ENCRYPTION_KEYS, DATABASE_URL };
  return promisify(execFile)(process.execPath, ['src/app/cli/verify-audit.ts'], { env }).then(
    ({ stdout }) => ({ code: 0, stdout }),
    (error) => ({ code: error.code as number, stdout: error.stdout as string }),
  );
}
/** Changes the log as its owner could with the triggers off, and puts it back. */
async function tampered(sql: string): Promise<string[]> {
  await client.query('BEGIN');
  await client.query("SET LOCAL session_replication_role = 'replica'");
  await client.query("SELECT set_config('app.actor', 'service', true)");
  await client.query('CREATE TEMP TABLE kept ON COMMIT DROP AS SELECT * FROM audit_log');
  await client.query(sql);
  const changed = await client.query('SELECT * FROM audit_log');
  const before = await client.query('SELECT * FROM kept');
  expect(changed.rows).not.toEqual(before.rows);
  await client.query('COMMIT');
  return problems();
}

test('an account’s log says who did what to which agent, from where, with which outcome', async () => {
  const { key, id: keyId } = (await backend.as(owner, 'POST', '/api/keys', { name: 'ci' })).body;
  const headers = { 'user-agent': 'curl/8', 'x-request-id': 'request-0001' };
  const made = await backend.call('POST', '/api/agents', { token: key, body: { name: 'Mine' }, headers });
  const { id } = made.body;
  expect((await backend.call('GET', `/api/agents/${id}/token`, { token: key })).status).toBe(200);
  expect((await backend.call('PUT', `/api/agents/${id}`, { token: key, body: { aiProvider: 'nobody' } })).status).toBe(400);
  expect((await backend.machine(undefined, 'PUT', `/api/agents/${id}`, {})).status).toBe(200);
  expect((await backend.as(owner, 'POST', '/api/chat', { message: 'Hello', agentId: id })).status).toBe(500);
  expect((await backend.machine(owner, 'DELETE', `/api/agents/${id}`)).status).toBe(200);

  const log = await entries(owner);
  const short = log.map(({ actor, action, agentId, outcome, status, code }) => [actor, action, agentId, outcome, status, code]);
  expect(short.reverse()).toEqual([
    ['web', 'register', null, 'done', 201, null],
    ['session', 'createApiKey', null, 'done', 201, null],
    ['apiKey', 'createAgent', id, 'done', 201, null],
    ['apiKey', 'getAgentToken', id, 'done', 200, null],
    ['apiKey', 'updateAgentMetadata', id, 'refused', 400, 'INVALID_REQUEST'],
    ['internal', 'updateAgentMetadata', id, 'done', 200, null],
    ['session', 'sendMessage', id, 'failed', 500, 'OPERATION_FAILED'],
    ['platform', 'operation:delete', id, 'done', null, null],
    ['internal', 'deleteAgent', id, 'done', 200, null],
  ]);
  const creation = log.find(({ action }) => action === 'createAgent');
  expect(creation).toMatchObject({ userId: owner, keyId, ip: '127.0.0.1', userAgent: 'curl/8', requestId: 'request-0001' });
  expect(JSON.stringify(log)).not.toContain(key);
});

test('an entry names what was changed beside an agent: a key, a wallet, the user who was granted a plan', async () => {
  const user = await backend.account();
  const wallet = `0x${'1'.repeat(40)}`;
  const { id } = (await backend.as(user, 'POST', '/api/keys', { name: 'k' })).body;
  await backend.as(user, 'DELETE', `/api/keys/${id}`);
  await backend.as(user, 'DELETE', `/api/wallets/${wallet}`);
  const agent = (await backend.machine(user, 'POST', '/api/agents', { name: 'Mine' })).body.id;
  await backend.as(user, 'POST', `/api/agents/${agent}/backups/bk_none/restore`);
  const log = (await entries(user)).map(({ action, agentId, target }) => [action, agentId, target]);
  expect(log.reverse()).toEqual([
    ['register', null, user],
    ['createApiKey', null, id],
    ['deleteApiKey', null, id],
    ['unlinkWallet', null, wallet],
    ['createAgent', agent, null],
    ['restoreBackup', agent, 'bk_none'],
  ]);
  await backend.as(admin, 'PUT', `/api/admin/users/${user}/plan`, { plan: 'solo' });
  expect((await entries(admin, '?limit=1'))[0]).toMatchObject({ action: 'grantPlan', agentId: null, target: user });
});

test('nobody reads another’s log, and a key for one agent reads that agent’s alone', async () => {
  const stranger = await backend.account();
  expect((await entries(stranger)).map(({ action }) => action)).toEqual(['register']);
  const agent = (await backend.machine(owner, 'POST', '/api/agents', { name: 'Watched' })).body.id;
  expect(agent).toMatch(/^agent_/);
  const { key } = (await backend.as(owner, 'POST', '/api/keys', { name: 'k', agentId: agent })).body;
  expect((await backend.call('GET', '/api/audit', { token: key })).status).toBe(403);
  const seen = (await backend.call('GET', `/api/audit?agentId=${agent}`, { token: key })).body.entries as AuditEntryView[];
  expect(new Set(seen.map(({ agentId }) => agentId))).toEqual(new Set([agent]));
});

test('pages follow each other, and the export is the same log, checkable by anybody', async () => {
  const { body: whole } = await backend.as(owner, 'GET', '/api/audit?limit=100');
  const paged: AuditEntryView[] = [];
  for (let query = '?limit=3'; query; ) {
    const { body, headers } = await backend.as(owner, 'GET', `/api/audit${query}`);
    paged.push(...body.entries);
    query = /<(.*)>/.exec(headers.get('link') ?? '')?.[1] ?? '';
  }
  expect(paged).toEqual(whole.entries);
  const response = await fetch(`${backend.url}/api/audit/export`, {
    headers: { authorization: `Bearer ${INTERNAL_KEY}`, 'x-user-id': owner },
  });
  expect(response.headers.get('content-type')).toBe('application/x-ndjson; charset=utf-8');
  const lines = (await response.text())
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect(lines.toReversed()).toEqual(whole.entries);
  for (const [index, line] of lines.entries()) expect(line.prevHash).toBe(lines[index - 1]?.hash ?? '');
});

test('`pnpm audit:verify` names each owner’s last hash', async () => {
  const [last] = await entries(owner, '?limit=1');
  const { code, stdout } = await command();
  expect([code, stdout]).toEqual([0, expect.stringContaining(`${owner}: ${last?.seq} entries, ending in ${last?.hash}\n`)]);
});

describe('an entry that is not written when its request ends', () => {
  const pending = async (databaseClient: pg.Client) => {
    await databaseClient.query("SELECT set_config('app.actor', 'service', false)");
    return (await databaseClient.query('SELECT action, agent_id, actor_id, target, request_id FROM audit_pending')).rows;
  };
  const until = async (good: () => Promise<boolean>) => {
    while (!(await good())) await sleep(50);
  };

  test('since it cannot be, is written later, with its outcome; the answer says what was done', async () => {
    const user = await backend.account();
    await client.query(`
      CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'a full disk'; END $$;
      CREATE TRIGGER fail BEFORE INSERT ON audit_log FOR EACH ROW EXECUTE FUNCTION fail()`);
    const { status, body } = await backend.as(user, 'POST', '/api/keys', { name: 'kept' });
    expect(status).toBe(201);
    expect((await entries(user)).map(({ action }) => action)).toEqual(['register']);
    expect(await pending(client)).toEqual([expect.objectContaining({ action: 'createApiKey', actor_id: user, target: null })]);
    await client.query('DROP TRIGGER fail ON audit_log; DROP FUNCTION fail()');
    await until(async () => (await entries(user)).length > 1);
    expect((await entries(user))[0]).toMatchObject({ action: 'createApiKey', outcome: 'done', status: 201, target: body.id });
    expect(await pending(client)).toEqual([]);
    expect(await problems()).toEqual([]);
  });

  test('and nothing is done that cannot be written down before', async () => {
    const user = await backend.account();
    await client.query('ALTER TABLE audit_pending RENAME TO lost');
    const answer = await backend.as(user, 'POST', '/api/keys', { name: 'never' });
    await client.query('ALTER TABLE lost RENAME TO audit_pending');
    expect([answer.status, (await backend.as(user, 'GET', '/api/keys')).body.keys]).toEqual([500, []]);
  });

  test('since its process was killed, is written by the next one, with an outcome that nobody knows', async () => {
    const child = await startChildBackend({ DOCKER_HOST: 'unix:///nonexistent/docker.sock' });
    const log = async (query = '') => (await child.call('GET', `/api/audit${query}`)).body.entries as AuditEntryView[];
    try {
      const { id } = (await child.call('POST', '/api/agents', { name: 'Before' })).body;
      await child.database.query('BEGIN; LOCK TABLE audit_log IN EXCLUSIVE MODE');
      const asked = child.call('PUT', `/api/agents/${id}`, { name: 'After' }).catch(() => undefined);
      await until(async () => (await child.call('GET', `/api/agents/${id}/overview`)).body.agent.name === 'After');
      await child.kill();
      await asked;
      await child.database.query('ROLLBACK');
      expect(await pending(child.database)).toEqual([expect.objectContaining({ action: 'updateAgentMetadata', agent_id: id })]);
      // Two minutes later.
      await child.database.query("UPDATE leases SET expires_at = now() - interval '1 second' WHERE name LIKE 'process:%'");
      await child.start();
      await until(async () => (await log()).length > 1);
      expect(await log()).toMatchObject([
        { action: 'updateAgentMetadata', agentId: id, actor: 'internal', outcome: 'unknown', status: null, code: null },
        { action: 'createAgent', outcome: 'done' },
      ]);
      expect(await pending(child.database)).toEqual([]);
    } finally {
      await child.stop();
    }
  });

  test('is nobody else’s to write while its process lives', async () => {
    const { database, log } = backend.context;
    const [dead, living, other] = ['dead', 'living', 'other'].map((processId) => createAuditJournal({ database, log, processId }));
    const user = await backend.account();
    const intent = { ownerId: user, actorKind: 'session' as const, actorId: user };
    await living?.sendHeartbeat();
    await dead?.begin({ ...intent, action: 'ofDead' });
    await living?.begin({ ...intent, action: 'ofLiving' });
    const leaving = new AbortController();
    // Both at once: it is written once.
    const keeping = [other?.run(leaving.signal), createAuditJournal({ database, log, processId: 'another' }).run(leaving.signal)];
    await until(async () => (await entries(user)).length > 1);
    leaving.abort();
    await Promise.all(keeping);
    expect((await entries(user)).map(({ action, outcome }) => [action, outcome])).toEqual([
      ['ofDead', 'unknown'],
      ['register', 'done'],
    ]);
    await client.query('DELETE FROM audit_pending');
    expect(await problems()).toEqual([]);
  });
});

describe('the chain', () => {
  test('goes on from entries that were hashed before they could name a target', () => {
    const { target, ...old } = {
      ...{ ownerId: 'user_1', seq: 7n, at: new Date('2026-11-25T12:00:00.000Z'), prevHash: 'abc' },
      ...{ actorKind: 'session', actorId: 'user_1', keyId: null, action: 'deleteApiKey', agentId: null, target: 'key_1' },
      ...{ ip: '192.0.2.1', userAgent: 'curl/8', outcome: 'done', status: 200, code: null, requestId: 'request-1' },
    };
    expect(entryHash({ ...old, target: null })).toBe('8063613c4a929539d98d75776a075ecdf9296ade9a10e1384d6d8623be507bf4');
    expect(entryHash({ ...old, target })).not.toBe(entryHash({ ...old, target: null }));
  });

  test('holds when a hundred write at once', async () => {
    const busy = await backend.account();
    await Promise.all(Array.from({ length: 100 }, () => backend.as(busy, 'DELETE', '/api/keys/key_none')));
    const log = [...(await entries(busy, '?limit=100'))];
    expect(log.map(({ seq }) => seq)).toEqual(Array.from({ length: 100 }, (_, index) => 101 - index));
    expect(await problems()).toEqual([]);
  });

  test('cannot be written, changed or cut by the application, nor changed by its owner with the triggers on', async () => {
    const refused = (sql: string) =>
      expect(
        backend.context.pool
          .query(`BEGIN; SELECT set_config('app.actor', 'service', true); ${sql}`)
          .finally(() => backend.context.pool.query('ROLLBACK')),
      ).rejects.toThrow(/permission denied/);
    await refused("UPDATE audit_log SET outcome = 'done'");
    await refused('DELETE FROM audit_log');
    await refused('TRUNCATE audit_log');
    await refused(
      "INSERT INTO audit_log (owner_id, seq, at, actor_kind, action, outcome, prev_hash, hash) VALUES ('x', 1, now(), 'web', 'x', 'done', '', '')",
    );
    await refused("UPDATE audit_heads SET hash = ''");
    await refused('DELETE FROM audit_heads');
    await expect(client.query("UPDATE audit_log SET outcome = 'done'")).rejects.toThrow('The audit log is append-only');
    await expect(client.query('TRUNCATE audit_log')).rejects.toThrow('The audit log is append-only');
  });

  test('breaks visibly', async () => {
    const user = await backend.account();
    for (let i = 0; i < 3; i++) await backend.as(user, 'DELETE', '/api/keys/key_none');
    const at = (seq: number) => `owner_id = '${user}' AND seq = ${seq}`;
    expect(await problems()).toEqual([]);
    expect(await tampered(`UPDATE audit_log SET ip = '192.0.2.1' WHERE ${at(2)}`)).toEqual([`${user}: entry 2 was changed`]);
    expect(await tampered(`UPDATE audit_log SET ip = '127.0.0.1' WHERE ${at(2)}`)).toEqual([]);
    expect(await tampered(`UPDATE audit_log SET target = NULL WHERE ${at(2)}`)).toEqual([`${user}: entry 2 was changed`]);
    expect(await tampered(`UPDATE audit_log SET target = 'key_none' WHERE ${at(2)}`)).toEqual([]);
    expect(await tampered(`UPDATE audit_log SET prev_hash = '', hash = audit_hash(audit_log) WHERE ${at(3)}`)).not.toEqual([]);
    const other = await backend.account();
    await tampered(`DELETE FROM audit_log WHERE owner_id = '${other}'`);
    expect(await problems()).toContain(`${other}: entry 1 is missing`);
    await tampered(`DELETE FROM audit_log WHERE ${at(4)}`);
    expect(await problems()).toContainEqual(expect.stringContaining(user));
    expect(await command()).toMatchObject({ code: 1, stdout: expect.stringMatching(/: BROKEN: .*\n\d+ of \d+ chains are broken\n$/s) });
  });
});
