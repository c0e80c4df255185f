import { setTimeout as sleep } from 'node:timers/promises';
import { canary } from '@agentbot/test-doubles/canaries';
import { startMailbox } from '@agentbot/test-doubles/mailbox';
import { pollUntil } from '@agentbot/test-doubles/poll-until';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { AgentState } from '../src/generated/prisma/client.ts';
import { reconcileSuspensions } from '../src/workers/suspensions.ts';
import { assertion, INTERNAL_KEY, startBackend, type TestBackend } from './backend.ts';
import { createTestClock } from './test-clock.ts';

/** What administrators do with users: plans, roles, blocks, deletions and links to set a password. */

const PASSWORD = canary('a long password ');
const NEW_PASSWORD = canary('another long password ');

let backend: TestBackend;
let other: TestBackend;
let admin: string;
beforeAll(async () => {
  // The first account is the administrator, whatever its address.
  backend = await startBackend({ ADMIN_EMAILS: 'listed@example.com' });
  other = await startBackend({ DATABASE_URL: backend.config.DATABASE_URL });
  admin = await backend.account('admin@example.com');
});
afterAll(() => Promise.all([backend.stop(), other.stop()]));

let users = 0;
async function newUser(email = `user${users++}@example.com`) {
  return { email, id: await backend.account(email) };
}
const inDatabase = <T>(work: Parameters<typeof backend.context.database.as<T>>[1]) => backend.context.database.as('service', work);
const asAdmin = (method: string, path: string, body?: unknown, as = admin) => backend.as(as, method, `/api/admin/users/${path}`, body);
const asWeb = async (path: string, body: unknown) => backend.call('POST', path, { token: await assertion(undefined), body });
const signIn = (email: string, password = PASSWORD) => asWeb('/api/credentials/verify', { email, password });
const me = async (id: string, at = backend) => at.as(id, 'GET', '/api/me');
const stateOf = async (id: string) => (await inDatabase((tx) => tx.agent.findUniqueOrThrow({ where: { id } }))).state;
/** An agent that the backend itself serves: it runs and stops by its row alone. */
async function newAgent(ownerId: string, state: AgentState = 'running'): Promise<string> {
  const { id } = (await backend.machine(ownerId, 'POST', '/api/agents', { name: 'Mine', config: { plan: 'network' } })).body;
  await inDatabase((tx) => tx.agent.update({ where: { id }, data: { state, runtime: 'api' } }));
  return id;
}
const whenState = (id: string, state: AgentState) =>
  pollUntil(`${id} is ${state}`, async () => (await stateOf(id)) === state, { everyMs: 20 });

describe('a block', () => {
  test('ends sessions at once in every process, and refuses sign-in by password and by provider until it is lifted', async () => {
    const { id, email } = await newUser();
    const octo = { provider: 'github', subject: id, email: `octo-${email}`, emailVerified: true, name: null };
    const linked = (await asWeb('/api/credentials/provider', octo)).body.id;
    for (const user of [id, linked]) {
      expect(await asAdmin('PUT', `${user}/blocked`, { blocked: true })).toMatchObject({ status: 200, body: { id: user, blocked: true } });
    }
    expect([(await me(id)).status, (await me(id, other)).status]).toEqual([401, 401]);
    expect(await signIn(email)).toMatchObject({ status: 403, body: { code: 'ACCOUNT_BLOCKED' } });
    expect(await asWeb('/api/credentials/provider', octo)).toMatchObject({ status: 403, body: { code: 'ACCOUNT_BLOCKED' } });
    // A wrong password learns nothing of the block.
    expect(await signIn(email, 'wrong')).toMatchObject({ status: 401 });
    expect(await inDatabase((tx) => tx.session.count({ where: { ownerId: { in: [id, linked] }, endedAt: null } }))).toBe(0);
    for (const user of [id, linked]) await asAdmin('PUT', `${user}/blocked`, { blocked: false });
    expect([(await signIn(email)).status, (await asWeb('/api/credentials/provider', octo)).status]).toEqual([200, 200]);
  });

  test('refuses a session that a sign-in stored in the same moment', async () => {
    const { id } = await newUser();
    await asAdmin('PUT', `${id}/blocked`, { blocked: true });
    await inDatabase((tx) => tx.session.updateMany({ where: { ownerId: id }, data: { endedAt: null } }));
    expect((await me(id)).status).toBe(401);
  });

  test('refuses API keys and ends their streams within a second; the keys work again after it', async () => {
    const { id } = await newUser();
    const { key } = (await backend.as(id, 'POST', '/api/keys', { name: 'program' })).body;
    const headers = { authorization: `Bearer ${key}` };
    const stream = await fetch(`${other.url}/api/overview/stream`, { headers });
    let ended = false;
    const reading = (async () => {
      for await (const _part of stream.body ?? []);
    })()
      .catch(() => undefined)
      .finally(() => {
        ended = true;
      });
    await sleep(300);
    expect(ended).toBe(false);
    await asAdmin('PUT', `${id}/blocked`, { blocked: true });
    await pollUntil('the stream has ended', () => ended, { everyMs: 20, seconds: 3 });
    await reading;
    expect((await backend.call('GET', '/api/agents', { token: key })).status).toBe(401);
    await asAdmin('PUT', `${id}/blocked`, { blocked: false });
    expect((await backend.call('GET', '/api/agents', { token: key })).status).toBe(200);
  });

  test('stops the running agents, and its end starts exactly these', async () => {
    const { id } = await newUser();
    const [runs, rests] = [await newAgent(id), await newAgent(id, 'stopped')];
    await asAdmin('PUT', `${id}/blocked`, { blocked: true });
    await whenState(runs, 'stopped');
    await asAdmin('PUT', `${id}/blocked`, { blocked: false });
    await whenState(runs, 'running');
    expect(await stateOf(rests)).toBe('stopped');
  });

  test('stops agents that nobody has stopped yet, and starts those whose block has ended: maintenance does both', async () => {
    const { id } = await newUser();
    const agent = await newAgent(id);
    await inDatabase((tx) => tx.user.update({ where: { id }, data: { blockedAt: new Date() } }));
    await reconcileSuspensions(backend.context);
    expect(await stateOf(agent)).toBe('stopped');
    await inDatabase((tx) => tx.user.update({ where: { id }, data: { blockedAt: null } }));
    await reconcileSuspensions(backend.context);
    expect(await stateOf(agent)).toBe('running');
  });

  test('stops a paid clone too, which a lapse does not', async () => {
    const { id } = await newUser();
    const clone = await newAgent(id);
    await inDatabase((tx) => tx.agent.update({ where: { id: clone }, data: { parentId: 'agent_parent', plan: 'solo' } }));
    await asAdmin('PUT', `${id}/blocked`, { blocked: true });
    await whenState(clone, 'stopped');
  });

  test('of oneself is 400', async () => {
    expect(await asAdmin('PUT', `${admin}/blocked`, { blocked: true })).toMatchObject({
      status: 400,
      body: { error: 'You cannot block your own account' },
    });
  });
});

describe('a role', () => {
  test('makes a user an administrator at once, and takes it away at once', async () => {
    const { id } = await newUser();
    const listed = async () => (await backend.as(id, 'GET', '/api/admin/users')).status;
    expect(await listed()).toBe(403);
    expect(await asAdmin('PUT', `${id}/role`, { admin: true })).toMatchObject({ status: 200, body: { id, admin: true } });
    expect(await listed()).toBe(200);
    await asAdmin('PUT', `${id}/role`, { admin: false });
    expect(await listed()).toBe(403);
  });

  test('of the last administrator cannot be taken away, nor can that one be blocked or deleted, by the internal key too', async () => {
    const fresh = await startBackend();
    const last = await fresh.account();
    const send = (method: string, path: string, body?: unknown) =>
      fresh.call(method, `/api/admin/users/${last}${path}`, { token: INTERNAL_KEY, body });
    for (const answer of [
      await send('PUT', '/role', { admin: false }),
      await send('PUT', '/blocked', { blocked: true }),
      await send('DELETE', ''),
    ])
      expect(answer).toMatchObject({ status: 409, body: { code: 'LAST_ADMINISTRATOR' } });
    // An administrator who is blocked does not count.
    const second = await fresh.account();
    await fresh.as(last, 'PUT', `/api/admin/users/${second}/role`, { admin: true });
    await fresh.as(last, 'PUT', `/api/admin/users/${second}/blocked`, { blocked: true });
    expect((await send('PUT', '/role', { admin: false })).status).toBe(409);
    await fresh.as(last, 'PUT', `/api/admin/users/${second}/blocked`, { blocked: false });
    expect((await send('PUT', '/role', { admin: false })).status).toBe(200);
    await fresh.stop();
  });

  test('that ADMIN_EMAILS gives cannot be taken away here', async () => {
    const { id } = await newUser('listed@example.com');
    expect((await backend.as(id, 'GET', '/api/admin/users')).status).toBe(200);
    expect(await asAdmin('PUT', `${id}/role`, { admin: false })).toMatchObject({
      status: 400,
      body: { error: 'ADMIN_EMAILS makes this user an administrator: remove the address there' },
    });
  });
});

describe('a withdrawn plan', () => {
  test('stops the agents, and the next grant starts exactly these', async () => {
    const { id } = await newUser();
    await asAdmin('PUT', `${id}/plan`, { plan: 'network' });
    const [runs, rests] = [await newAgent(id), await newAgent(id, 'stopped')];
    expect((await asAdmin('DELETE', `${id}/plan`)).body).toMatchObject({ id, plan: null });
    expect((await me(id)).body).toMatchObject({ plan: null, needsPlan: true });
    await whenState(runs, 'stopped');
    await asAdmin('PUT', `${id}/plan`, { plan: 'network' });
    await reconcileSuspensions(backend.context);
    expect([await stateOf(runs), await stateOf(rests)]).toEqual(['running', 'stopped']);
  });

  test('of a user who never had one stops nothing: agents of the internal key need no plan', async () => {
    const { id } = await newUser();
    const agent = await newAgent(id);
    await asAdmin('DELETE', `${id}/plan`);
    await reconcileSuspensions(backend.context);
    await sleep(300);
    expect(await stateOf(agent)).toBe('running');
  });

  test('leaves a paid subscription', async () => {
    const { id } = await newUser();
    await asAdmin('PUT', `${id}/plan`, { plan: 'network' });
    const agent = await newAgent(id);
    await inDatabase((tx) => tx.subscription.create({ data: { id: `sub_${id}`, ownerId: id, status: 'active', plan: 'solo' } }));
    await asAdmin('DELETE', `${id}/plan`);
    expect((await me(id)).body.plan).toBe('solo');
    await sleep(300);
    expect(await stateOf(agent)).toBe('running');
  });
});

describe('deleteUser', () => {
  test('deletes the user with their agents, and the audit log of the administrator names the user', async () => {
    const { id } = await newUser();
    const agent = await newAgent(id);
    expect(await asAdmin('DELETE', id)).toMatchObject({ status: 200, body: { id, state: 'deleted' } });
    expect(await inDatabase((tx) => tx.user.count({ where: { id } }))).toBe(0);
    expect((await backend.machine(undefined, 'GET', `/api/agents/${agent}`)).status).toBe(404);
    expect((await backend.machine(admin, 'GET', '/api/audit')).body.entries[0]).toMatchObject({ action: 'deleteUser', target: id });
    expect((await asAdmin('DELETE', id)).status).toBe(404);
  });

  test('of oneself is 400, and of the platform’s own account 404', async () => {
    expect(await asAdmin('DELETE', admin)).toMatchObject({ status: 400, body: { error: 'Delete your own account on its page' } });
    expect((await asAdmin('DELETE', 'service')).status).toBe(404);
  });
});

describe('a link to set a password', () => {
  const tokenOf = (url: string) => new URL(url).searchParams.get('token');

  test('sets one once, within an hour, and ends the sessions', async () => {
    const { id, email } = await newUser();
    const before = Date.now();
    const { url, expiresAt } = (await asAdmin('POST', `${id}/reset-link`)).body;
    expect(url).toMatch(/^http:\/\/localhost:3000\/reset\?token=[\w-]{43}$/);
    expect(Math.abs(Date.parse(expiresAt) - before - 3_600_000)).toBeLessThan(10_000);
    const body = { token: tokenOf(url), password: NEW_PASSWORD };
    expect([(await asWeb('/api/password/reset', body)).status, (await asWeb('/api/password/reset', body)).status]).toEqual([200, 400]);
    expect((await me(id)).status).toBe(401);
    expect([(await signIn(email)).status, (await signIn(email, NEW_PASSWORD)).status]).toEqual([401, 200]);
  });

  test('proves no address, and so removes no credential', async () => {
    const { id } = await newUser();
    const { key } = (await backend.as(id, 'POST', '/api/keys', { name: 'k' })).body;
    const { url } = (await asAdmin('POST', `${id}/reset-link`)).body;
    await asWeb('/api/password/reset', { token: tokenOf(url), password: NEW_PASSWORD });
    expect((await inDatabase((tx) => tx.user.findUniqueOrThrow({ where: { id } }))).emailVerifiedAt).toBeNull();
    expect((await backend.call('GET', '/api/agents', { token: key })).status).toBe(200);
  });

  test('is stored as a hash alone, and is in no log', async () => {
    const { id } = await newUser();
    const token = tokenOf((await asAdmin('POST', `${id}/reset-link`)).body.url);
    const rows = await inDatabase((tx) => tx.passwordReset.findMany({ where: { ownerId: id } }));
    expect(rows).toHaveLength(1);
    expect(JSON.stringify(rows)).not.toContain(token);
  });

  test('is 409 where the installation sends mail', async () => {
    const withMail = await startBackend({ SMTP_URL: 'smtp://127.0.0.1:1' });
    const first = await withMail.account();
    expect(await withMail.as(first, 'POST', `/api/admin/users/${first}/reset-link`)).toMatchObject({
      status: 409,
      body: { code: 'MAIL_AVAILABLE' },
    });
    await withMail.stop();
  });

  test('is not given to an API key, whatever its scope', async () => {
    const { key } = (await backend.as(admin, 'POST', '/api/keys', { name: 'ops', scopes: ['admin:*'] })).body;
    expect(await backend.call('POST', `/api/admin/users/${admin}/reset-link`, { token: key })).toMatchObject({
      status: 403,
      body: { error: 'Only a signed-in administrator can create a link to set a password' },
    });
  });
});

describe('an account that an administrator opens', () => {
  const tokenIn = (text: string) => /token=(?:3D)?([\w-]{43})/.exec(text.replace(/=\r?\n/g, ''))?.[1] ?? '';
  const WEEK_MS = 7 * 24 * 3_600_000;

  test('has a link without mail, with which its user sets a password once, within a week', async () => {
    const clock = createTestClock();
    const timed = await startBackend({}, clock);
    try {
      const first = await timed.account();
      const asPage = (path: string, body: object) => timed.as(undefined, 'POST', path, body);
      const opened = new Date();
      const open = (email: string) => timed.as(first, 'POST', '/api/admin/users', { email, name: 'Grace' });
      const [early, late] = await clock.at(opened, async () => [
        (await open('Grace@Example.com')).body,
        (await open('late@example.com')).body,
      ]);
      expect(early).toEqual({
        id: expect.stringMatching(/^user_\w+$/),
        email: 'grace@example.com',
        url: expect.stringMatching(/^http:\/\/localhost:3000\/reset\?token=[\w-]{43}$/),
        expiresAt: new Date(opened.getTime() + WEEK_MS).toISOString(),
      });
      const signInAs = (email: string) => asPage('/api/credentials/verify', { email, password: NEW_PASSWORD });
      expect((await signInAs('grace@example.com')).status).toBe(401);
      const resetAfter = (ms: number, url: string) =>
        clock.at(new Date(opened.getTime() + ms), async () => {
          return (await asPage('/api/password/reset', { token: tokenIn(url), password: NEW_PASSWORD })).status;
        });
      expect(await resetAfter(WEEK_MS, late.url)).toBe(400);
      expect([await resetAfter(WEEK_MS - 1_000, early.url), await resetAfter(WEEK_MS - 1_000, early.url)]).toEqual([200, 400]);
      expect(await signInAs('grace@example.com')).toMatchObject({ status: 200, body: { name: 'Grace' } });
    } finally {
      await timed.stop();
    }
  });

  test('gets its link by mail where the installation sends mail; the password proves the address', async () => {
    const mailbox = await startMailbox();
    const withMail = await startBackend({ SMTP_URL: mailbox.url, SIGN_UP: 'closed' });
    try {
      const first = await withMail.account();
      const { status, body } = await withMail.as(first, 'POST', '/api/admin/users', { email: 'grace@example.com' });
      expect([status, body.url]).toEqual([201, null]);
      expect(mailbox.mails).toHaveLength(1);
      const token = tokenIn(mailbox.mails[0]?.text ?? '');
      expect((await withMail.as(undefined, 'POST', '/api/password/reset', { token, password: NEW_PASSWORD })).status).toBe(200);
      const row = await withMail.context.database.as('service', (tx) => tx.user.findUniqueOrThrow({ where: { id: body.id } }));
      expect([row.emailVerifiedAt, row.isAdmin]).toEqual([expect.any(Date), false]);
    } finally {
      await withMail.stop();
      await mailbox.close();
    }
  });

  test('is not there when its mail could not be sent', async () => {
    const withMail = await startBackend({ SMTP_URL: 'smtp://127.0.0.1:1' });
    try {
      const first = await withMail.account();
      expect(await withMail.as(first, 'POST', '/api/admin/users', { email: 'grace@example.com' })).toMatchObject({
        status: 503,
        body: { code: 'MAIL_UNAVAILABLE' },
      });
      expect(await withMail.context.database.as('service', (tx) => tx.user.count({ where: { email: 'grace@example.com' } }))).toBe(0);
    } finally {
      await withMail.stop();
    }
  });

  test('is the administrator’s if it is the first one of the installation: the internal key opens it', async () => {
    const empty = await startBackend({ SIGN_UP: 'closed' });
    try {
      const open = async (email: string) =>
        (await empty.call('POST', '/api/admin/users', { token: INTERNAL_KEY, body: { email } })).body.id as string;
      const [first, second] = [await open('first@example.com'), await open('second@example.com')];
      const rows = await empty.context.database.as('service', (tx) => tx.user.findMany({ where: { id: { in: [first, second] } } }));
      expect(new Map(rows.map(({ id, isAdmin }) => [id, isAdmin]))).toEqual(
        new Map([
          [first, true],
          [second, false],
        ]),
      );
    } finally {
      await empty.stop();
    }
  });

  test('is not opened by an API key, nor by a user', async () => {
    const { id } = await newUser();
    const { key } = (await backend.as(admin, 'POST', '/api/keys', { name: 'ops', scopes: ['admin:*'] })).body;
    const body = { email: 'nobody@example.com' };
    expect(await backend.call('POST', '/api/admin/users', { token: key, body })).toMatchObject({
      status: 403,
      body: { error: 'Only a signed-in administrator can open an account for somebody' },
    });
    expect((await backend.as(id, 'POST', '/api/admin/users', body)).status).toBe(403);
  });
});

test('with closed sign-up only the first account is opened by its user, by password or by a provider', async () => {
  const closed = await startBackend({ SIGN_UP: 'closed' });
  try {
    const options = async () => (await closed.call('GET', '/api/sign-in-options')).body.signUp;
    const register = (email: string) => closed.as(undefined, 'POST', '/api/register', { email, password: PASSWORD });
    expect(await options()).toBe(true);
    // Of two at the same time one is the first.
    const answers = await Promise.all([register('one@example.com'), register('two@example.com')]);
    expect(answers.map(({ status }) => status).sort()).toEqual([201, 403]);
    expect(await options()).toBe(false);
    const octo = { provider: 'github', subject: '7', email: 'octo@example.com', emailVerified: true, name: null };
    expect(await closed.as(undefined, 'POST', '/api/credentials/provider', octo)).toMatchObject({
      status: 403,
      body: { code: 'SIGN_UP_CLOSED', error: 'Sign-up is closed. Ask an administrator of this installation for an account' },
    });
    expect(await closed.context.database.as('service', (tx) => tx.user.count({ where: { email: { endsWith: '@example.com' } } }))).toBe(1);
  } finally {
    await closed.stop();
  }
});

test('with SIGN_UP=oidc only users of the operator’s own provider open accounts', async () => {
  const company = await startBackend({ SIGN_UP: 'oidc' });
  try {
    await company.account();
    const register = { email: 'late@example.com', password: PASSWORD };
    const identity = (provider: string) => ({ provider, subject: '8', email: `${provider}@example.com`, emailVerified: true, name: null });
    const signIn = async (provider: string) =>
      (await company.as(undefined, 'POST', '/api/credentials/provider', identity(provider))).status;
    expect((await company.as(undefined, 'POST', '/api/register', register)).status).toBe(403);
    expect([await signIn('github'), await signIn('google'), await signIn('oidc'), await signIn('oidc')]).toEqual([403, 403, 200, 200]);
    expect((await company.call('GET', '/api/sign-in-options')).body.signUp).toBe(false);
  } finally {
    await company.stop();
  }
});

test('listUsers says who is blocked, and whom ADMIN_EMAILS makes an administrator', async () => {
  const { id } = await newUser();
  await asAdmin('PUT', `${id}/blocked`, { blocked: true });
  const { users: listed } = (await backend.as(admin, 'GET', '/api/admin/users')).body;
  expect(listed[0]).toMatchObject({ id, blocked: true, admin: false, adminBySetting: false, closing: false });
  expect(listed.find(({ email }: { email: string }) => email === 'listed@example.com')).toMatchObject({
    admin: true,
    adminBySetting: true,
  });
});
