import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { AccountAuditEntry, AuditEntryView, ListedAuditEntry } from '@agentbot/contracts';
import { pollUntil } from '@agentbot/test-doubles/poll-until';
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

const entries = async (user: string, query = ''): Promise<ListedAuditEntry[]> =>
  (await backend.as(user, 'GET', `/api/audit${query}`)).body.entries;
const findProblems = async () => {
  const found: string[] = [];
  for await (const { ownerId, problem } of verifyAudit(backend.context.database)) if (problem) found.push(`${ownerId}: ${problem}`);
  return found;
};
/** An entry as the export has it: without the name that the agent has now. */
const exportedOf = ({ agentName: _agentName, ...entry }: ListedAuditEntry): AuditEntryView => entry;
/** Runs `verify-audit` with the environment of production. */
async function runVerifyAudit() {
  const { INTERNAL_API_KEY, ASSERTION_SECRET, ENCRYPTION_KEYS, DATABASE_URL } = backend.config;
  const env = { PATH: process.env.PATH, INTERNAL_API_KEY, ASSERTION_SECRET, ENCRYPTION_KEYS, DATABASE_URL };
  return promisify(execFile)(process.execPath, ['src/app/cli/verify-audit.ts'], { env }).then(
    ({ stdout }) => ({ code: 0, stdout }),
    (error) => ({ code: error.code as number, stdout: error.stdout as string }),
  );
}
/** Runs SQL as the database's owner can, with the triggers disabled. */
async function withoutTriggers(...statements: string[]): Promise<void> {
  await client.query('BEGIN');
  await client.query("SET LOCAL session_replication_role = 'replica'");
  await client.query("SELECT set_config('app.actor', 'service', true)");
  for (const statement of statements) await client.query(statement);
  await client.query('COMMIT');
}
/** Changes the log, looks at it, and puts the log back, so that each case finds an intact one. */
async function whileTampered<T>(sql: string, look: () => Promise<T>): Promise<T> {
  const tables = ['audit_log', 'audit_heads'];
  await withoutTriggers(...tables.map((table) => `CREATE TEMP TABLE kept_${table} AS SELECT * FROM ${table}`), sql);
  const changed = tables.map((table) => `(SELECT * FROM ${table} EXCEPT SELECT * FROM kept_${table})`);
  const missing = tables.map((table) => `(SELECT * FROM kept_${table} EXCEPT SELECT * FROM ${table})`);
  const differences = await Promise.all(
    [...changed, ...missing].map(async (each) => (await client.query(`SELECT FROM ${each} x`)).rowCount ?? 0),
  );
  try {
    expect(Math.max(...differences)).toBeGreaterThan(0);
    return await look();
  } finally {
    const back = tables.flatMap((table) => [
      `DELETE FROM ${table}`,
      `INSERT INTO ${table} SELECT * FROM kept_${table}`,
      `DROP TABLE kept_${table}`,
    ]);
    await withoutTriggers(...back);
  }
}

test('GET /api/audit lists actor, action, agent, outcome and request of each entry, and no API key', async () => {
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

test('an audit entry names its target: an API key, a wallet, a backup or the user of a granted plan', async () => {
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

test('GET /api/audit lists only the caller’s entries, and for a key of one agent only the entries of that agent', async () => {
  const stranger = await backend.account();
  expect((await entries(stranger)).map(({ action }) => action)).toEqual(['register']);
  const agent = (await backend.machine(owner, 'POST', '/api/agents', { name: 'Watched' })).body.id;
  expect(agent).toMatch(/^agent_/);
  const { key } = (await backend.as(owner, 'POST', '/api/keys', { name: 'k', agentId: agent })).body;
  expect((await backend.call('GET', '/api/audit', { token: key })).status).toBe(403);
  const seen = (await backend.call('GET', `/api/audit?agentId=${agent}`, { token: key })).body.entries as AuditEntryView[];
  expect(new Set(seen.map(({ agentId }) => agentId))).toEqual(new Set([agent]));
});

test('the pages and the export hold the same entries, and each exported entry has the hash of the one before', async () => {
  const user = await backend.account();
  const { id } = (await backend.machine(user, 'POST', '/api/agents', { name: 'Audited' })).body;
  for (const name of ['One', 'Two', 'Three']) await backend.as(user, 'POST', '/api/keys', { name });
  const { body: whole } = await backend.as(user, 'GET', '/api/audit?limit=100');
  const paged: ListedAuditEntry[] = [];
  for (let query = '?limit=3'; query; ) {
    const { body, headers } = await backend.as(user, 'GET', `/api/audit${query}`);
    paged.push(...body.entries);
    query = /<(.*)>/.exec(headers.get('link') ?? '')?.[1] ?? '';
  }
  expect(whole.entries.length).toBeGreaterThan(3);
  expect(paged).toEqual(whole.entries);
  const exported = async (query = '') => {
    const response = await fetch(`${backend.url}/api/audit/export${query}`, {
      headers: { authorization: `Bearer ${INTERNAL_KEY}`, 'x-user-id': user },
    });
    expect(response.headers.get('content-type')).toBe('application/x-ndjson; charset=utf-8');
    const text = (await response.text()).trim();
    return text.split('\n').map((line): AuditEntryView => JSON.parse(line));
  };
  const lines = await exported();
  expect(lines.toReversed()).toEqual(whole.entries.map(exportedOf));
  for (const [index, line] of lines.entries()) expect(line.prevHash).toBe(lines[index - 1]?.hash ?? '');
  expect((await exported(`?agentId=${id}`)).map(({ action, agentId }) => [action, agentId])).toEqual([['createAgent', id]]);
});

test('the audit log filters by actor, action, agent and outcome, in the pages and in the export', async () => {
  const [user, other] = [await backend.account(), await backend.account()];
  await backend.as(admin, 'PUT', `/api/admin/users/${user}/plan`, { plan: 'collective' });
  const { key } = (await backend.as(user, 'POST', '/api/keys', { name: 'ci' })).body;
  const [one, two] = await Promise.all(
    ['One', 'Two'].map(async (name) => (await backend.call('POST', '/api/agents', { token: key, body: { name } })).body.id),
  );
  await backend.machine(other, 'POST', '/api/agents', { name: 'Foreign' });
  for (const id of [one, two, one]) await backend.as(user, 'PUT', `/api/agents/${id}`, { aiProvider: 'nobody' });
  await backend.machine(user, 'PUT', `/api/agents/${two}`, {});
  await backend.machine(user, 'DELETE', `/api/agents/${two}`);

  const exported = async (query: string) => {
    const headers = { authorization: `Bearer ${INTERNAL_KEY}`, 'x-user-id': user };
    const text = await (await fetch(`${backend.url}/api/audit/export${query}`, { headers })).text();
    return text
      .split('\n')
      .filter(Boolean)
      .map((line): AuditEntryView => JSON.parse(line));
  };
  /** The entries of a query, oldest first, from pages of one entry; the export has the same. */
  const found = async (query: string) => {
    const paged: ListedAuditEntry[] = [];
    for (let next = `?${query}&limit=1`; next; ) {
      const { body, headers } = await backend.as(user, 'GET', `/api/audit${next}`);
      paged.push(...body.entries);
      next = /<(.*)>/.exec(headers.get('link') ?? '')?.[1] ?? '';
    }
    expect(await exported(`?${query}`)).toEqual(paged.toReversed().map(exportedOf));
    return paged.toReversed().map(({ action, agentId }) => [action, agentId]);
  };
  const refused = (id: string) => ['updateAgentMetadata', id];
  expect((await found('actor=apiKey')).sort()).toEqual(
    [
      ['createAgent', one],
      ['createAgent', two],
    ].sort(),
  );
  expect(await found('actor=web')).toEqual([['register', null]]);
  expect(await found('action=updateAgentMetadata')).toEqual([one, two, one, two].map(refused));
  expect(await found('action=operation:delete')).toEqual([['operation:delete', two]]);
  expect(await found('outcome=refused')).toEqual([one, two, one].map(refused));
  expect(await found(`outcome=refused&agentId=${one}`)).toEqual([one, one].map(refused));
  expect(await found(`actor=internal&agentId=${two}&action=updateAgentMetadata&outcome=done`)).toEqual([refused(two)]);
  // The action of an operation that this version does not have.
  expect(await found('action=formerOperation')).toEqual([]);
});

test('the export as CSV has the fields of the filtered entries in RFC 4180, and no formula', async () => {
  const user = await backend.account();
  const headers = { 'user-agent': '=HYPERLINK("http://x", "y")', 'x-request-id': 'request-0002' };
  const { key } = (await backend.as(user, 'POST', '/api/keys', { name: 'ci' })).body;
  const { id } = (await backend.call('POST', '/api/agents', { token: key, body: { name: 'Mine' }, headers })).body;
  await backend.as(user, 'DELETE', '/api/keys/key_none');
  const response = await fetch(`${backend.url}/api/audit/export?format=csv&action=createAgent`, {
    headers: { authorization: `Bearer ${INTERNAL_KEY}`, 'x-user-id': user },
  });
  expect(response.headers.get('content-type')).toBe('text/csv; charset=utf-8; header=present');
  expect(response.headers.get('content-disposition')).toBe('attachment; filename="audit.csv"');
  const [entry] = await entries(user, '?action=createAgent');
  const { seq, at, keyId, prevHash, hash } = entry as AuditEntryView;
  expect([entry?.agentId, entry?.userAgent]).toEqual([id, headers['user-agent']]);
  expect(await response.text()).toBe(
    'seq,at,actor,user_id,key_id,action,agent_id,target,outcome,status,code,ip,user_agent,request_id,prev_hash,hash\r\n' +
      `${seq},${at},apiKey,${user},${keyId},createAgent,${id},,done,201,,127.0.0.1,"'=HYPERLINK(""http://x"", ""y"")",request-0002,${prevHash},${hash}\r\n`,
  );
});

test('the export refuses an unknown format', async () => {
  const { status, body } = await backend.as(owner, 'GET', '/api/audit/export?format=xlsx');
  expect([status, body.error]).toEqual([400, 'Invalid format: use ndjson or csv']);
});

test('an entry names its agent as it is called now, and has no name for a deleted agent', async () => {
  const user = await backend.account();
  const { id } = (await backend.machine(user, 'POST', '/api/agents', { name: 'Before' })).body;
  await backend.as(user, 'PUT', `/api/agents/${id}`, { name: 'After' });
  expect((await entries(user, `?agentId=${id}`)).map(({ agentName }) => agentName)).toEqual(['After', 'After']);
  await backend.machine(user, 'DELETE', `/api/agents/${id}`);
  const log = await entries(user);
  expect(new Set(log.map(({ agentId }) => agentId))).toEqual(new Set([id, null]));
  expect(new Set(log.map(({ agentName }) => agentName))).toEqual(new Set([null]));
});

describe('GET /api/admin/audit', () => {
  const pages = async (query: string, as = admin) => {
    const found: AccountAuditEntry[] = [];
    for (let cursor: string | null = ''; cursor !== null; ) {
      const next = cursor && `&cursor=${cursor}`;
      const { body }: { body: { entries: AccountAuditEntry[]; next: string | null } } = await backend.as(
        as,
        'GET',
        `/api/admin/audit?${query}${next}`,
      );
      found.push(...body.entries);
      cursor = body.next;
    }
    return found;
  };
  const exported = async (query: string) => {
    const headers = { authorization: `Bearer ${INTERNAL_KEY}`, 'x-user-id': admin };
    return (await fetch(`${backend.url}/api/admin/audit/export?${query}`, { headers })).text();
  };

  test('lists the entries of all accounts with their emails, and filters them by account too; the export has the same', async () => {
    const [ann, bob] = ['ann@example.com', 'bob@example.com'];
    const [first, second] = [await backend.account(ann), await backend.account(bob)];
    const { id } = (await backend.machine(first, 'POST', '/api/agents', { name: 'Of Ann' })).body;
    for (const user of [second, first, second]) await backend.as(user, 'DELETE', '/api/keys/key_none');
    const newest = await pages('limit=100');
    expect(
      newest.slice(0, 6).map(({ accountId, accountEmail, action, agentName }) => [accountId, accountEmail, action, agentName]),
    ).toEqual([
      [second, bob, 'deleteApiKey', null],
      [first, ann, 'deleteApiKey', null],
      [second, bob, 'deleteApiKey', null],
      [first, ann, 'createAgent', 'Of Ann'],
      [second, bob, 'register', null],
      [first, ann, 'register', null],
    ]);
    // The register of the chains is not a log of an account.
    expect(newest.map(({ accountId }) => accountId)).not.toContain('@chains');

    const short = async (query: string) => (await pages(query)).map(({ accountId, action }) => [accountId, action]);
    expect(await short(`account=${first}&limit=1`)).toEqual([
      [first, 'deleteApiKey'],
      [first, 'createAgent'],
      [first, 'register'],
    ]);
    expect(await short('account=Bob@example.com&outcome=refused&limit=1')).toEqual(Array(2).fill([second, 'deleteApiKey']));
    expect(await short(`agentId=${id}&actor=internal`)).toEqual([[first, 'createAgent']]);
    expect(await short('account=nobody@example.com')).toEqual([]);

    const lines = (await exported('action=deleteApiKey&outcome=refused')).trim().split('\n');
    const listed = await pages('action=deleteApiKey&outcome=refused&limit=2');
    expect(lines.map((line) => JSON.parse(line))).toEqual(listed.map(({ agentName: _name, ...entry }) => entry).toReversed());
    const [head, ...records] = (await exported(`account=${ann}&format=csv`)).trim().split('\r\n');
    expect(head).toMatch(/^account_id,account_email,seq,at,/);
    expect(records.map((record) => record.split(',').slice(0, 3))).toEqual(['1', '2', '3'].map((seq) => [first, ann, seq]));
  });

  test('keeps the order of entries of the same millisecond over its pages', async () => {
    const users = [await backend.account(), await backend.account()];
    for (const user of users) for (let i = 0; i < 3; i++) await backend.as(user, 'DELETE', '/api/keys/key_none');
    const named = users.map((user) => `'${user}'`).join(', ');
    await withoutTriggers(
      `CREATE TEMP TABLE kept_times AS SELECT owner_id, seq, at FROM audit_log WHERE owner_id IN (${named})`,
      `UPDATE audit_log SET at = '2100-01-01' WHERE owner_id IN (${named})`,
    );
    const whole = await pages('limit=100');
    const paged = await pages('limit=3');
    await withoutTriggers(
      'UPDATE audit_log l SET at = k.at FROM kept_times k WHERE k.owner_id = l.owner_id AND k.seq = l.seq',
      'DROP TABLE kept_times',
    );
    expect(new Set(whole.slice(0, 8).map(({ at }) => at))).toEqual(new Set(['2100-01-01T00:00:00.000Z']));
    expect(paged.map(({ hash }) => hash)).toEqual(whole.map(({ hash }) => hash));
    expect(new Set(paged.map(({ hash }) => hash)).size).toBe(paged.length);
  });

  test('finds the log of a deleted account by its id, without an email', async () => {
    const id = await backend.account('gone@example.com');
    expect((await backend.as(admin, 'DELETE', `/api/admin/users/${id}`)).status).toBe(200);
    const log = await pages(`account=${id}`);
    expect(log.map(({ accountEmail, action }) => [accountEmail, action])).toContainEqual([null, 'register']);
    expect(await pages('account=gone@example.com')).toEqual([]);
  });

  test('is for administrators only, and refuses an invalid account', async () => {
    for (const path of ['/api/admin/audit', '/api/admin/audit/export']) {
      expect((await backend.as(owner, 'GET', path)).status).toBe(403);
      const { status, body } = await backend.as(admin, 'GET', `${path}?account=a%20b`);
      expect([status, body.error]).toEqual([400, 'Invalid account: use an id or an email']);
    }
    const { status, body } = await backend.as(admin, 'GET', '/api/admin/audit?cursor=abc');
    expect([status, body.error]).toEqual([400, 'Invalid cursor']);
  });
});

test.each([
  ['actor=somebody', 'Invalid actor: use session, apiKey, internal, web or platform'],
  ['action=%27', 'Invalid action'],
  ['action=', 'Invalid action'],
  ['agentId=a%20b', 'Invalid agentId'],
  ['outcome=good', 'Invalid outcome: use done, repeated, refused, failed, cancelled or unknown'],
])('the audit log refuses ?%s', async (query, error) => {
  for (const path of ['/api/audit', '/api/audit/export']) {
    const { status, body } = await backend.as(owner, 'GET', `${path}?${query}`);
    expect([status, body.error]).toEqual([400, error]);
  }
});

test('`pnpm audit:verify` prints each owner’s last hash', async () => {
  const [last] = await entries(owner, '?limit=1');
  const { code, stdout } = await runVerifyAudit();
  expect([code, stdout]).toEqual([0, expect.stringContaining(`${owner}: ${last?.seq} entries, ending in ${last?.hash}\n`)]);
});

describe('an audit entry that is still pending when its request ends', () => {
  const pending = async (databaseClient: pg.Client) => {
    await databaseClient.query("SELECT set_config('app.actor', 'service', false)");
    return (await databaseClient.query('SELECT action, agent_id, actor_id, target, request_id FROM audit_pending')).rows;
  };
  const until = (good: () => Promise<boolean>) => pollUntil('the log has the expected entries', good);

  test('after a failed write, is written later with its outcome, and the request succeeds', async () => {
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
    expect(await findProblems()).toEqual([]);
  });

  test('makes its request fail with 500 and change nothing when it cannot be recorded first', async () => {
    const user = await backend.account();
    await client.query('ALTER TABLE audit_pending RENAME TO lost');
    const answer = await backend.as(user, 'POST', '/api/keys', { name: 'never' });
    await client.query('ALTER TABLE lost RENAME TO audit_pending');
    expect([answer.status, (await backend.as(user, 'GET', '/api/keys')).body.keys]).toEqual([500, []]);
  });

  test('after its process was killed, is written by the next process with the outcome unknown', async () => {
    const child = await startChildBackend({ DOCKER_HOST: 'unix:///nonexistent/docker.sock' });
    const log = async (query = '') => (await child.call('GET', `/api/audit${query}`)).body.entries as AuditEntryView[];
    try {
      const { id } = (await child.call('POST', '/api/agents', { name: 'Before' })).body;
      await child.database.query('BEGIN; LOCK TABLE audit_log IN EXCLUSIVE MODE');
      const asked = child.call('PUT', `/api/agents/${id}`, { name: 'After' }).catch(() => undefined);
      await until(async () => (await child.call('GET', `/api/agents/${id}/overview`)).body.agent.name === 'After');
      await child.kill();
      await asked;
      // Postgres would finish the statement that it has received: it ends here, as when the process dies before it sends it.
      await child.database.query(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'",
      );
      await child.database.query('ROLLBACK');
      expect(await pending(child.database)).toEqual([expect.objectContaining({ action: 'updateAgentMetadata', agent_id: id })]);
      // Lets the lease of the killed process expire, as after two minutes.
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

  test('is not written by another process while its own process sends heartbeats', async () => {
    const { database, pool, log } = backend.context;
    const [dead, living, other] = ['dead', 'living', 'other'].map((processId) => createAuditJournal({ database, pool, log, processId }));
    const user = await backend.account();
    const intent = { ownerId: user, actorKind: 'session' as const, actorId: user };
    await living?.sendHeartbeat();
    await dead?.begin({ ...intent, action: 'ofDead' });
    await living?.begin({ ...intent, action: 'ofLiving' });
    const stopping = new AbortController();
    // Two journals run at the same time: the entry is written once.
    const keeping = [other?.run(stopping.signal), createAuditJournal({ database, pool, log, processId: 'another' }).run(stopping.signal)];
    await until(async () => (await entries(user)).length > 1);
    stopping.abort();
    await Promise.all(keeping);
    expect((await entries(user)).map(({ action, outcome }) => [action, outcome])).toEqual([
      ['ofDead', 'unknown'],
      ['register', 'done'],
    ]);
    await client.query('DELETE FROM audit_pending');
    expect(await findProblems()).toEqual([]);
  });
});

describe('the hash chain', () => {
  test('keeps the hash of an entry without a target, and includes a target in the hash', () => {
    const { target, ...old } = {
      ...{ ownerId: 'user_1', seq: 7n, at: new Date('2026-11-25T12:00:00.000Z'), prevHash: 'abc' },
      ...{ actorKind: 'session', actorId: 'user_1', keyId: null, action: 'deleteApiKey', agentId: null, target: 'key_1' },
      ...{ ip: '192.0.2.1', userAgent: 'curl/8', outcome: 'done', status: 200, code: null, requestId: 'request-1' },
    };
    expect(entryHash({ ...old, target: null })).toBe('8063613c4a929539d98d75776a075ecdf9296ade9a10e1384d6d8623be507bf4');
    expect(entryHash({ ...old, target })).not.toBe(entryHash({ ...old, target: null }));
  });

  test('has no gap after a hundred concurrent requests', async () => {
    const busy = await backend.account();
    await Promise.all(Array.from({ length: 100 }, () => backend.as(busy, 'DELETE', '/api/keys/key_none')));
    const log = [...(await entries(busy, '?limit=100'))];
    expect(log.map(({ seq }) => seq)).toEqual(Array.from({ length: 100 }, (_, index) => 101 - index));
    expect(await findProblems()).toEqual([]);
  });

  test('refuses writes and deletions of the application, and changes of the database’s owner while triggers are enabled', async () => {
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

  describe('after a change by the database’s owner', () => {
    let user: string;
    let other: string;
    const three = async (id: string) => {
      for (let i = 0; i < 3; i++) await backend.as(id, 'DELETE', '/api/keys/key_none');
    };
    beforeAll(async () => {
      [user, other] = [await backend.account(), await backend.account()];
      await three(user);
      await three(other);
    });
    /** The condition for an entry of `user`, who has the entries 1 to 4. */
    const at = (seq: number) => `owner_id = '${user}' AND seq = ${seq}`;
    const rehash = (seq: number) => `UPDATE audit_log SET hash = audit_hash(audit_log) WHERE ${at(seq)}`;
    /** An entry of `other`, put at the place of an entry of `user`. */
    const foreign = (seq: number) => `
      DELETE FROM audit_log WHERE ${at(seq)};
      INSERT INTO audit_log SELECT (jsonb_populate_record(l, jsonb_build_object('owner_id', '${user}'))).*
        FROM audit_log l WHERE owner_id = '${other}' AND seq = ${seq}`;

    const cases: [name: string, sql: () => string, problem: string][] = [
      ['a deleted first entry', () => `DELETE FROM audit_log WHERE ${at(1)}`, 'entry 1 is missing'],
      ['a deleted entry in the middle', () => `DELETE FROM audit_log WHERE ${at(2)}`, 'entry 2 is missing'],
      ['a deleted last entry', () => `DELETE FROM audit_log WHERE ${at(4)}`, 'entry 4 is missing'],
      ['all entries deleted', () => `DELETE FROM audit_log WHERE owner_id = '${user}'`, 'entry 1 is missing'],
      [
        'an entry in the middle, rewritten with a fitting hash',
        () => `UPDATE audit_log SET outcome = 'done' WHERE ${at(2)}; ${rehash(2)}`,
        'entry 3 does not follow the one before it',
      ],
      [
        'the last entry, rewritten with a fitting hash',
        () => `UPDATE audit_log SET outcome = 'done' WHERE ${at(4)}; ${rehash(4)}`,
        'the last entry does not match the head of the chain',
      ],
      [
        'two swapped entries',
        () =>
          `UPDATE audit_log SET seq = -1 WHERE ${at(2)}; UPDATE audit_log SET seq = 2 WHERE ${at(3)}; UPDATE audit_log SET seq = 3 WHERE ${at(-1)}`,
        'entry 2 does not follow the one before it',
      ],
      ['another account’s entry', () => foreign(2), 'entry 2 does not follow the one before it'],
      [
        'another account’s entry, linked to the one before',
        () => `${foreign(2)}; UPDATE audit_log SET prev_hash = (SELECT hash FROM audit_log WHERE ${at(1)}) WHERE ${at(2)}`,
        'entry 2 was changed',
      ],
      [
        'another account’s entry, linked and hashed anew',
        () => `${foreign(2)}; UPDATE audit_log SET prev_hash = (SELECT hash FROM audit_log WHERE ${at(1)}) WHERE ${at(2)}; ${rehash(2)}`,
        'entry 3 does not follow the one before it',
      ],
      [
        'an entry added behind the last one',
        () => `
          INSERT INTO audit_log SELECT (jsonb_populate_record(l, jsonb_build_object('seq', 5, 'prev_hash', l.hash))).* FROM audit_log l WHERE ${at(4)};
          ${rehash(5)}`,
        'entry 5 stands behind the head of the chain',
      ],
      [
        'a head set back',
        () => `UPDATE audit_heads SET seq = 3, hash = (SELECT hash FROM audit_log WHERE ${at(3)}) WHERE owner_id = '${user}'`,
        'entry 4 stands behind the head of the chain',
      ],
      [
        'all entries deleted together with their head',
        () => `DELETE FROM audit_log WHERE owner_id = '${user}'; DELETE FROM audit_heads WHERE owner_id = '${user}'`,
        'the whole chain is missing',
      ],
      ['a deleted head', () => `DELETE FROM audit_heads WHERE owner_id = '${user}'`, 'the head of the chain is missing'],
    ];
    test.each(cases)('reports %s', async (_name, sql, problem) => {
      expect(await whileTampered(sql(), findProblems)).toEqual([`${user}: ${problem}`]);
      expect(await findProblems()).toEqual([]);
    });

    test.each([
      ['at', "at + interval '1 millisecond'"],
      ['actor_kind', "'internal'"],
      ['actor_id', 'NULL'],
      ['key_id', "'key_1'"],
      ['action', "'createApiKey'"],
      ['agent_id', "'agent_1'"],
      ['ip', "'192.0.2.1'"],
      ['user_agent', "'curl'"],
      ['outcome', "'done'"],
      ['status', '200'],
      ['code', 'NULL'],
      ['request_id', 'NULL'],
      ['target', 'NULL'],
    ])('reports a changed %s', async (column, value) => {
      const problems = await whileTampered(`UPDATE audit_log SET ${column} = ${value} WHERE ${at(2)}`, findProblems);
      expect(problems).toEqual([`${user}: entry 2 was changed`]);
    });

    test('reports the register of chains, if an entry or all of it is deleted', async () => {
      const named = `owner_id = '@chains' AND target = '${user}'`;
      const { rows } = await client.query(`SELECT seq FROM audit_log WHERE ${named}`);
      expect((await whileTampered(`DELETE FROM audit_log WHERE ${named}`, findProblems)).sort()).toEqual([
        `@chains: entry ${rows[0].seq} is missing`,
        `${user}: the register of chains does not name it`,
      ]);
      const all = `DELETE FROM audit_log WHERE owner_id = '@chains'; DELETE FROM audit_heads WHERE owner_id = '@chains'`;
      const problems = await whileTampered(all, findProblems);
      const owners = (await client.query('SELECT DISTINCT owner_id FROM audit_log')).rows.map(({ owner_id }) => owner_id);
      expect(problems.sort()).toEqual(
        owners
          .filter((each) => each !== '@chains')
          .map((each) => `${each}: the register of chains does not name it`)
          .sort(),
      );
    });

    test('`pnpm audit:verify` names the broken chain alone, and fails', async () => {
      const { code, stdout } = await whileTampered(`DELETE FROM audit_log WHERE ${at(2)}`, runVerifyAudit);
      expect(code).toBe(1);
      expect(stdout.match(/^.*BROKEN.*$/gm)).toEqual([expect.stringMatching(new RegExp(`^${user}: BROKEN: entry 2 is missing`))]);
      expect(stdout).toMatch(/\n1 of \d+ chains are broken\n$/);
    });
  });
});
