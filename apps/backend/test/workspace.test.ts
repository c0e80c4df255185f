import { createHash } from 'node:crypto';
import { canary } from '@agentbot/test-doubles/canaries';
import { startModelProvider } from '@agentbot/test-doubles/model-provider';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { requireGateway } from '../src/domain/agents/gateway.ts';
import { readWorkspaceFile, writeWorkspaceFile } from '../src/infra/openclaw/workspace-files.ts';
import { assertion, expectNothingInClear, startBackendWithDocker, type TestBackend } from './backend.ts';
import { containersOn } from './containers.ts';

/** The files and the schedule of an agent with a real gateway, of any version (`OPENCLAW_VERSION`). */

const SECRET = canary('sk-');
const WORKSPACE = '/home/node/.openclaw/workspace';
const MAX_BYTES = 262_144;
const { shell } = containersOn();
let backend: TestBackend;
let model: Awaited<ReturnType<typeof startModelProvider>>;
let owner: string;
let id: string;

beforeAll(async () => {
  model = await startModelProvider({ apiKey: SECRET });
  backend = await startBackendWithDocker('workspace', {
    OPENCLAW_IMAGE: `agentbot/openclaw:${process.env.OPENCLAW_VERSION ?? '2026.3.13'}`,
    API_RATE_LIMIT: '1000',
  });
  owner = await backend.account();
  id = await backend.provisionEcho(owner, { name: 'Writer', modelPort: model.port, apiKey: SECRET });
  // The gateway creates the first files of a workspace when the agent first replies.
  await say('Hello');
});
afterAll(async () => {
  await backend?.stop();
  await model?.close();
});

type Headers = Record<string, string>;
const say = (message: string) => backend.as(owner, 'POST', '/api/chat', { message, agentId: id });
const pathOf = (name: string) => `/api/agents/${id}/files/${encodeURIComponent(name)}`;
const read = (name: string) => backend.as(owner, 'GET', pathOf(name));
const write = async (name: string, content: unknown, headers: Headers = {}) =>
  backend.call('PUT', pathOf(name), { token: await assertion(owner), body: { content }, headers });
const history = async (name: string) => (await backend.as(owner, 'GET', `${pathOf(name)}/history`)).body.versions;
const version = (name: string, versionId: string) => backend.as(owner, 'GET', `${pathOf(name)}/history/${versionId}`);
/** The checksum that the container's own tool computes. */
const checksum = async (name: string) => (await shell(id, `sha256sum ${WORKSPACE}/${name}`)).split(' ')[0];
const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');
const isoTime = expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/);

describe('the files of an agent', () => {
  test('are those that OpenClaw keeps in the workspace, with their sizes on disk', async () => {
    const { body } = await backend.as(owner, 'GET', `/api/agents/${id}/files`);
    const names = body.files.map(({ name }: { name: string }) => name);
    expect(names).toEqual(expect.arrayContaining(['AGENTS.md', 'SOUL.md', 'USER.md', 'MEMORY.md']));
    const soul = body.files.find(({ name }: { name: string }) => name === 'SOUL.md');
    const size = Number(await shell(id, `wc -c < ${WORKSPACE}/SOUL.md`));
    expect(soul).toEqual({ name: 'SOUL.md', exists: true, sizeBytes: size, updatedAt: isoTime });
    expect(size).toBeGreaterThan(100);
    const memory = body.files.find(({ name }: { name: string }) => name === 'MEMORY.md');
    expect(memory).toEqual({ name: 'MEMORY.md', exists: false, sizeBytes: null, updatedAt: null });
  });

  test('keep every byte of Unicode text, and the next conversation uses it', async () => {
    const text = '\ufeffNaïve e\u0301 \u200d👩‍👩‍👧 \u202e العربية 漢字\r\n\ttabs `$(id)` ${HOME} \u0007 MARKER-SOUL no newline at the end';
    const { status, headers, body } = await write('SOUL.md', text);
    expect([status, headers.get('etag')]).toEqual([200, `"${sha256(text)}"`]);
    const file = { name: 'SOUL.md', sizeBytes: Buffer.byteLength(text), updatedAt: isoTime, sha256: sha256(text) };
    expect(body).toEqual({ file, status: 'updated' });
    expect(await checksum('SOUL.md')).toBe(sha256(text));
    const answer = await read('SOUL.md');
    expect(answer.body).toEqual({ file: { ...file, content: text }, status: 'ok' });
    expect(answer.headers.get('etag')).toBe(`"${sha256(text)}"`);

    const { sessionId } = (await backend.as(owner, 'POST', '/api/agent', { action: 'create-session', agentId: id })).body;
    await backend.as(owner, 'POST', '/api/chat', { message: 'Who are you?', agentId: id, sessionId });
    expect(JSON.stringify(model.requests.findLast(({ words }) => words === 'Who are you?')?.body)).toContain('MARKER-SOUL');
  });

  test('an empty file and a file of exactly 256 KiB are written; one more byte is 413', async () => {
    expect((await write('AGENTS.md', '')).body.file.sizeBytes).toBe(0);
    expect((await read('AGENTS.md')).body.file.content).toBe('');
    const largest = `${'漢'.repeat(87_381)}x`;
    expect(Buffer.byteLength(largest)).toBe(MAX_BYTES);
    expect((await write('AGENTS.md', largest)).status).toBe(200);
    expect(await checksum('AGENTS.md')).toBe(sha256(largest));
    const refused = { status: 413, body: { error: 'A file must be at most 256 KiB', code: 'PAYLOAD_TOO_LARGE' } };
    expect(await write('AGENTS.md', `${largest}x`)).toMatchObject(refused);
    expect((await read('AGENTS.md')).body.file.sha256).toBe(sha256(largest));
  });

  test('a write without content, with a wrong type or with NUL is 400', async () => {
    const before = await checksum('SOUL.md');
    for (const content of [undefined, null, 7, ['x'], { a: 1 }]) {
      expect(await write('SOUL.md', content)).toMatchObject({ status: 400, body: { error: 'content is required' } });
    }
    for (const content of ['a\0b', 'a\ud800b']) {
      expect(await write('SOUL.md', content)).toMatchObject({
        status: 400,
        body: { error: 'Text must be Unicode without NUL characters' },
      });
    }
    const extra = await backend.as(owner, 'PUT', pathOf('SOUL.md'), { content: 'x', path: '/etc/passwd' });
    expect(extra.status).toBe(400);
    expect(await checksum('SOUL.md')).toBe(before);
  });

  test.each(['../openclaw.json', '../../../etc/passwd', '.env', 'a/b', 'a\\b', 'SOUL.md\0', ' SOUL.md', 'SOUL.md\n', 'x'.repeat(101)])(
    'the name %j is 400',
    async (name) => {
      for (const answer of [await read(name), await write(name, 'x'), await backend.as(owner, 'GET', `${pathOf(name)}/history`)]) {
        expect(answer).toMatchObject({ status: 400, body: { error: 'Invalid file name' } });
      }
    },
  );

  test.each(['openclaw.json', 'soul.md', 'NOTES.md', 'BOOTSTRAP.md.bak'])(
    'the name %s, which the gateway does not list, is 404',
    async (name) => {
      for (const answer of [await read(name), await write(name, 'x')]) {
        expect(answer).toMatchObject({ status: 404, body: { error: 'File not found', code: 'FILE_NOT_FOUND' } });
      }
      expect(await shell(id, `ls ${WORKSPACE}`)).not.toContain('NOTES.md');
    },
  );

  test('a file that is not UTF-8, or too large, is 422 to read and to replace, and stays as it is', async () => {
    const refused = {
      status: 422,
      body: { code: 'FILE_NOT_EDITABLE', error: 'The file is larger than 256 KiB, or it is not text in UTF-8' },
    };
    // The connection to the gateway takes at most 16 MiB at once.
    const large = (bytes: number) => `head -c ${bytes} /dev/zero | tr '\\0' x`;
    for (const make of ["printf 'a\\377b'", "printf 'a\\000b'", large(MAX_BYTES + 1), large(17_000_000)]) {
      await shell(id, `${make} > ${WORKSPACE}/USER.md`);
      const before = await checksum('USER.md');
      expect(await read('USER.md')).toMatchObject(refused);
      expect(await write('USER.md', 'replaced')).toMatchObject(refused);
      expect(await checksum('USER.md')).toBe(before);
    }
    await shell(id, `rm ${WORKSPACE}/USER.md`);
    expect(await history('USER.md')).toEqual([]);
  });
});

describe('a precondition', () => {
  const stale = { error: 'The file has changed since you read it. Read it again, then apply your change', code: 'FILE_CHANGED' };

  test('If-Match lets only the current ETag write; a stale one is 412 and changes nothing', async () => {
    const { headers } = await write('AGENTS.md', 'one');
    const etag = headers.get('etag') ?? '';
    expect((await write('AGENTS.md', 'two', { 'if-match': etag })).status).toBe(200);
    expect(await write('AGENTS.md', 'three', { 'if-match': etag })).toMatchObject({ status: 412, body: stale });
    // The agent itself writes its files too.
    await shell(id, `printf four > ${WORKSPACE}/AGENTS.md`);
    expect(await write('AGENTS.md', 'five', { 'if-match': `"${sha256('two')}"` })).toMatchObject({ status: 412, body: stale });
    expect((await read('AGENTS.md')).body.file.content).toBe('four');
    expect((await write('AGENTS.md', 'five', { 'if-match': '*' })).status).toBe(200);
    const unquoted = { status: 400, body: { error: 'If-Match must be * or an ETag in double quotes' } };
    expect(await write('AGENTS.md', 'six', { 'if-match': sha256('five') })).toMatchObject(unquoted);
  });

  test('If-None-Match: * writes only a file that does not exist', async () => {
    const missing = await read('MEMORY.md');
    expect(missing).toMatchObject({ status: 404, body: { error: 'MEMORY.md does not exist yet. Write it to create it' } });
    expect(await write('MEMORY.md', 'x', { 'if-match': '*' })).toMatchObject({ status: 412, body: stale });
    expect((await write('MEMORY.md', 'first', { 'if-none-match': '*' })).status).toBe(200);
    expect(await write('MEMORY.md', 'second', { 'if-none-match': '*' })).toMatchObject({ status: 412, body: stale });
    expect(await history('MEMORY.md')).toEqual([]);
    expect((await read('MEMORY.md')).body.file.content).toBe('first');
  });

  test('of ten writes at once with one ETag exactly one succeeds', async () => {
    const { headers } = await write('AGENTS.md', 'start');
    const etag = headers.get('etag') ?? '';
    const before = (await history('AGENTS.md')).length;
    const answers = await Promise.all(Array.from({ length: 10 }, (_, i) => write('AGENTS.md', `writer ${i}`, { 'if-match': etag })));
    expect(answers.map(({ status }) => status).sort()).toEqual([200, ...Array(9).fill(412)]);
    const winner = answers.findIndex(({ status }) => status === 200);
    expect((await read('AGENTS.md')).body.file.content).toBe(`writer ${winner}`);
    expect(await history('AGENTS.md')).toHaveLength(before + 1);
  });
});

test('a write between the read and the write of another is noticed where the gateway compares hashes', async () => {
  const agent = await backend.context.database.as('service', (tx) => tx.agent.findUniqueOrThrow({ where: { id } }));
  const gateway = await requireGateway(backend.context, agent);
  // OpenClaw 2026.3 sends no hash, and would refuse one.
  const { hash } = await readWorkspaceFile(gateway, 'AGENTS.md');
  const written = await writeWorkspaceFile(gateway, 'AGENTS.md', 'late', hash && sha256('what it was'));
  expect(written).toEqual(hash ? 'changed' : { name: 'AGENTS.md', missing: false, size: 4, updatedAtMs: expect.any(Number) });
});

describe('the history of a file', () => {
  test('keeps the last 20 replaced versions, sealed, and one of them can be written back', async () => {
    const secret = canary('in-a-file-');
    for (let i = 0; i < 23; i++) await write('USER.md', `version ${i} ${secret}`);
    // A write of the same content replaces nothing.
    await write('USER.md', `version 22 ${secret}`);
    const versions = await history('USER.md');
    expect(versions).toHaveLength(20);
    const [newest] = versions;
    const text = `version 21 ${secret}`;
    expect(newest).toEqual({
      id: expect.stringMatching(/^fv_[a-z0-9]{12}$/),
      sizeBytes: Buffer.byteLength(text),
      sha256: sha256(text),
      writtenAt: isoTime,
      replacedAt: isoTime,
    });
    const contents = await Promise.all(
      versions.map(async (each: { id: string }) => (await version('USER.md', each.id)).body.version.content),
    );
    expect(contents).toEqual(Array.from({ length: 20 }, (_, i) => `version ${21 - i} ${secret}`));
    const oldest = (await version('USER.md', versions[19].id)).body.version;
    await write('USER.md', oldest.content);
    expect(await checksum('USER.md')).toBe(sha256(`version 2 ${secret}`));
    expect((await history('USER.md'))[0].sha256).toBe(sha256(`version 22 ${secret}`));
    await expectNothingInClear(backend.config.DATABASE_URL, {});
    // A version belongs to its file.
    expect(await version('SOUL.md', newest.id)).toMatchObject({ status: 404, body: { error: 'Version not found' } });
  });

  test('a write that OpenClaw cannot do is 422, however often, and keeps the current version once', async () => {
    await write('AGENTS.md', 'before the failure');
    const hashes = async () => (await history('AGENTS.md')).map(({ sha256: hash }: { sha256: string }) => hash);
    const before = await hashes();
    const refused = { error: 'OpenClaw cannot write AGENTS.md. It must be a plain file that the agent owns', code: 'FILE_NOT_EDITABLE' };
    await shell(id, `chmod 555 ${WORKSPACE}`);
    for (let i = 0; i < 3; i++) expect(await write('AGENTS.md', 'never written')).toMatchObject({ status: 422, body: refused });
    await shell(id, `chmod 755 ${WORKSPACE}`);
    expect((await read('AGENTS.md')).body.file.content).toBe('before the failure');
    expect(await hashes()).toEqual([sha256('before the failure'), ...before]);
  });
});

describe('the callers of files', () => {
  test('another user gets 404, and a read-only key reads and does not write', async () => {
    const stranger = await backend.account();
    const [{ id: versionId }] = await history('USER.md');
    const paths = [`/api/agents/${id}/files`, pathOf('SOUL.md'), `${pathOf('SOUL.md')}/history`, `/api/agents/${id}/cron`];
    paths.push(`${pathOf('USER.md')}/history/${versionId}`);
    const { key } = (await backend.as(owner, 'POST', '/api/keys', { name: 'reader', scopes: ['agents:read'] })).body;
    for (const path of paths) {
      expect(await backend.as(stranger, 'GET', path)).toMatchObject({ status: 404, body: { code: 'AGENT_NOT_FOUND' } });
      expect((await backend.call('GET', path, { token: key })).status).toBe(200);
    }
    const before = await checksum('SOUL.md');
    expect((await backend.as(stranger, 'PUT', pathOf('SOUL.md'), { content: 'x' })).status).toBe(404);
    const refused = await backend.call('PUT', pathOf('SOUL.md'), { token: key, body: { content: 'x' } });
    expect(refused).toMatchObject({ status: 403, body: { code: 'INSUFFICIENT_SCOPE' } });
    expect(await checksum('SOUL.md')).toBe(before);
  });

  test('the audit log has a write’s file, sizes and hash, and not its content', async () => {
    await write('AGENTS.md', 'short');
    await write('AGENTS.md', 'CONFIDENTIAL words', { 'if-match': `"${sha256('short')}"` });
    await write('AGENTS.md', 'CONFIDENTIAL again', { 'if-match': `"${sha256('short')}"` });
    const { entries } = (await backend.as(owner, 'GET', '/api/audit?limit=2')).body;
    expect(entries).toMatchObject([
      { action: 'updateAgentFile', agentId: id, outcome: 'refused', status: 412, target: 'AGENTS.md' },
      {
        action: 'updateAgentFile',
        agentId: id,
        outcome: 'done',
        target: `AGENTS.md: 5 to 18 bytes, sha256 ${sha256('CONFIDENTIAL words')}`,
      },
    ]);
    const log = (await backend.as(owner, 'GET', '/api/audit?limit=100')).body;
    expect(JSON.stringify(log)).not.toContain('CONFIDENTIAL');
  });
});

describe('the schedule of an agent', () => {
  const jobs = async () => (await backend.as(owner, 'GET', `/api/agents/${id}/cron`)).body;
  const gateway = async () =>
    requireGateway(backend.context, await backend.context.database.as('service', (tx) => tx.agent.findUniqueOrThrow({ where: { id } })));

  test('lists each kind of entry with its next run', async () => {
    // Newer versions have entries of their own.
    const { total: before } = await jobs();
    const open = await gateway();
    const add = (name: string, schedule: object, more: object = {}) =>
      open.request('cron.add', {
        name,
        schedule,
        sessionTarget: 'isolated',
        wakeMode: 'now',
        payload: { kind: 'agentTurn', message: 'Report' },
        delivery: { mode: 'none' },
        ...more,
      });
    await add('Once', { kind: 'at', at: '2030-01-02T03:04:05Z' }, { description: 'The 2030 report' });
    await add('Daily', { kind: 'cron', expr: '30 9 * * 1-5', tz: 'Europe/Berlin' });
    await add('Often', { kind: 'every', everyMs: 86_400_000 });
    await add('Off', { kind: 'cron', expr: '0 0 1 1 *' }, { enabled: false });
    const listed = await jobs();
    expect([listed.total, listed.jobs.length]).toEqual([before + 4, before + 4]);
    const byName = Object.fromEntries(listed.jobs.map((job: { name: string }) => [job.name, job]));
    const never = { runningSince: null, lastRunAt: null, lastResult: null, lastError: null, lastDurationMs: null };
    expect(byName.Once).toEqual({
      id: expect.any(String),
      name: 'Once',
      description: 'The 2030 report',
      enabled: true,
      schedule: { kind: 'at', at: '2030-01-02T03:04:05.000Z' },
      nextRunAt: '2030-01-02T03:04:05.000Z',
      ...never,
    });
    const daily = { kind: 'cron', expression: '30 9 * * 1-5', timeZone: 'Europe/Berlin' };
    expect(byName.Daily).toMatchObject({ description: null, schedule: daily, ...never });
    // 9:30 in Berlin.
    const inBerlin = new Date(byName.Daily.nextRunAt).toLocaleTimeString('en-GB', { timeZone: 'Europe/Berlin' });
    expect(inBerlin).toMatch(/^09:3\d:/);
    expect(byName.Often).toMatchObject({ schedule: { kind: 'every', everyMs: 86_400_000 }, nextRunAt: isoTime });
    expect(byName.Off).toMatchObject({
      enabled: false,
      schedule: { kind: 'cron', expression: '0 0 1 1 *', timeZone: null },
      nextRunAt: null,
    });
  });

  test('shows the result of the last run', async () => {
    const { jobs: before } = await jobs();
    const { id: jobId } = before.find(({ name }: { name: string }) => name === 'Often');
    await (await gateway()).request('cron.run', { id: jobId, mode: 'force' }, 60_000);
    const job = async () => (await jobs()).jobs.find((each: { id: string }) => each.id === jobId);
    let last = await job();
    for (; last.lastResult === null; last = await job()) await new Promise((resolve) => setTimeout(resolve, 250));
    expect(last).toMatchObject({ lastResult: 'ok', lastRunAt: isoTime, lastDurationMs: expect.any(Number), lastError: null });
  });
});

test('without a running agent, files and schedule are 409 and the history is still there', async () => {
  expect((await backend.machine(undefined, 'POST', `/api/agents/${id}/stop`)).status).toBe(200);
  const stopped = { status: 409, body: { error: 'The agent is not running. Start it, then try again', code: 'AGENT_NOT_RUNNING' } };
  const paths = [`/api/agents/${id}/files`, pathOf('SOUL.md'), `/api/agents/${id}/cron`];
  for (const path of paths) expect(await backend.as(owner, 'GET', path)).toMatchObject(stopped);
  expect(await write('SOUL.md', 'x')).toMatchObject(stopped);
  expect(await history('USER.md')).toHaveLength(20);
});
