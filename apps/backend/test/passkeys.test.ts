import { createAuthenticator } from '@agentbot/test-doubles/authenticator';
import { canary } from '@agentbot/test-doubles/canaries';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import pg from 'pg';
import { assertion, sessionOf, startBackend, type TestBackend } from './backend.ts';
import { createTestClock } from './test-clock.ts';

/**
 * Passkeys that sign in, with a software authenticator. The expected answers follow Web Authentication, Level 3.
 * @see https://www.w3.org/TR/webauthn-3/#sctn-verifying-assertion
 */

const ORIGIN = 'https://bots.example:8443';
const RP_ID = 'bots.example';
const PASSWORD = canary('a long password ');
const MINUTE_MS = 60_000;
type Passkey = ReturnType<typeof createAuthenticator>;

const clock = createTestClock();
let backend: TestBackend;
let database: pg.Client;
let user: string;
let email: string;
let accounts = 0;
beforeAll(async () => {
  backend = await startBackend({ DASHBOARD_URL: `${ORIGIN}/` }, clock);
  database = new pg.Client({ connectionString: backend.config.DATABASE_URL });
  await database.connect();
  await backend.account('admin@example.com');
});
afterAll(async () => {
  await database.end();
  await backend.stop();
});
beforeEach(async () => {
  email = `user${accounts++}@example.com`;
  user = await backend.account(email);
});

const asWeb = (path: string, body?: unknown) => backend.as(undefined, 'POST', path, body);
const mine = (method: string, path = '', body?: unknown) => backend.as(user, method, `/api/account/passkeys${path}`, body);
const requestAddition = async () => (await mine('PUT', '/challenge', { password: PASSWORD })).body.options;
const requestSignIn = async () => (await asWeb('/api/passkeys/challenge')).body.options;
const answer = (credential: object) => asWeb('/api/credentials/passkey', { credential });
const listed = async () => (await mine('GET')).body.passkeys;

/** Adds a passkey to the account. @returns the authenticator, and the passkey's id */
async function add({ name = 'Laptop', counter = 0 } = {}): Promise<{ passkey: Passkey; id: string }> {
  const passkey = createAuthenticator(ORIGIN, { counter });
  const { status, body } = await mine('POST', '', { name, credential: passkey.create(await requestAddition()) });
  expect(status).toBe(201);
  return { passkey, id: body.id };
}
const signIn = async (passkey: Passkey) => answer(passkey.get(await requestSignIn()));
const statusOf = async (session: string) => (await backend.call('GET', '/api/me', { token: await assertion(user, { session }) })).status;

const UNKNOWN = {
  status: 401,
  body: {
    code: 'UNKNOWN_PASSKEY',
    error: 'This passkey does not sign in here: it was removed, or it verifies agents only. Sign in another way',
  },
};
const EXPIRED = {
  status: 409,
  body: { code: 'CHALLENGE_EXPIRED', error: 'The request for the passkey has expired or was used already. Try again' },
};
const MISMATCH = { status: 400, body: { error: 'The passkey’s response does not match the challenge' } };
const WRONG_SIGNATURE = { status: 400, body: { error: 'The passkey’s signature is invalid' } };
const COPIED = {
  status: 403,
  body: {
    code: 'PASSKEY_COPIED',
    error: 'This passkey was refused because a copy of it may be in use. Sign in another way, then remove it under Account',
  },
};

describe('the options', () => {
  test('of a new passkey ask for a discoverable one with user verification, for the configured address', async () => {
    const options = await requestAddition();
    expect(options).toMatchObject({
      rp: { name: 'Agentbot', id: RP_ID },
      user: { name: email, displayName: email },
      authenticatorSelection: { residentKey: 'required', requireResidentKey: true, userVerification: 'required' },
      attestation: 'none',
      excludeCredentials: [],
      timeout: 5 * MINUTE_MS,
    });
    // Section 13.4.3: at least 16 bytes. Section 5.4.3: the user handle has at most 64 bytes and nothing that identifies a person.
    expect(Buffer.from(options.challenge, 'base64url').length).toBeGreaterThanOrEqual(16);
    expect(Buffer.from(options.user.id, 'base64url').toString()).toBe(`sign-in:${user}`);
    expect((await requestAddition()).challenge).not.toBe(options.challenge);
    const { passkey } = await add();
    expect((await requestAddition()).excludeCredentials).toEqual([{ id: passkey.id, type: 'public-key', transports: ['internal'] }]);
  });

  test('of a sign-in name no passkey, and are the same for everybody, whatever the request says', async () => {
    await add();
    const ask = (body?: unknown, headers: Record<string, string> = {}) =>
      assertion(undefined).then((token) => backend.call('POST', '/api/passkeys/challenge', { token, body, headers }));
    const evil = { origin: 'https://evil.example', 'x-forwarded-host': 'evil.example', referer: 'https://evil.example/' };
    const answers = [await ask(), await ask({ email }), await ask({ email: 'nobody@example.com' }, evil)];
    for (const { status, body } of answers) {
      expect(status).toBe(200);
      expect(body.options).toEqual({
        ...{ rpId: RP_ID, userVerification: 'required', timeout: 5 * MINUTE_MS },
        challenge: expect.stringMatching(/^[\w-]{43}$/),
      });
    }
    expect(new Set(answers.map(({ body }) => body.options.challenge)).size).toBe(3);
  });
});

describe('a passkey', () => {
  test('is added with the password, signs in, and is listed with its last use', async () => {
    const { passkey, id } = await add({ name: '  Laptop ' });
    expect(await listed()).toEqual([{ id, name: 'Laptop', createdAt: expect.stringMatching(/Z$/), lastUsedAt: null }]);
    const { status, body } = await signIn(passkey);
    expect([status, body]).toEqual([200, { id: user, email, name: null, session: expect.stringMatching(/^session_[a-z0-9]{12}$/) }]);
    expect(await statusOf(body.session)).toBe(200);
    expect((await listed())[0].lastUsedAt).toMatch(/Z$/);
    expect((await backend.as(user, 'GET', '/api/account')).body.account).toMatchObject({ hasPassword: true, hasPasskey: true });
    const { rows } = await database.query('SELECT user_agent, passkey_id FROM sessions WHERE id = $1', [body.session]);
    expect(rows).toEqual([{ user_agent: expect.any(String), passkey_id: id }]);
  });

  test.each(['RS256', 'EdDSA'] as const)('with %s signs in', async (algorithm) => {
    const passkey = createAuthenticator(ORIGIN, { algorithm });
    expect((await mine('POST', '', { name: 'Key', credential: passkey.create(await requestAddition()) })).status).toBe(201);
    expect((await signIn(passkey)).status).toBe(200);
  });

  test('is not added without the password, with a wrong one, or by an API key', async () => {
    expect(await mine('PUT', '/challenge', {})).toMatchObject({
      status: 400,
      body: { error: 'Type the password of the account to add a passkey' },
    });
    expect(await mine('PUT', '/challenge', { password: 'wrong', email })).toMatchObject({ status: 403, body: { code: 'WRONG_PASSWORD' } });
    const credential = createAuthenticator(ORIGIN).create({ challenge: 'x', pubKeyCredParams: [{ alg: -7 }] });
    expect(await mine('POST', '', { name: 'Laptop', credential })).toMatchObject(EXPIRED);
    const { key } = (await backend.as(user, 'POST', '/api/keys', { name: 'k' })).body;
    for (const [method, path, body] of [
      ['GET', '', undefined],
      ['PUT', '/challenge', { password: PASSWORD }],
      ['POST', '', { name: 'Laptop', credential }],
      ['PATCH', '/passkey_1', { name: 'x' }],
      ['DELETE', '/passkey_1', undefined],
    ] as const) {
      const refused = await backend.call(method, `/api/account/passkeys${path}`, { token: key, body });
      expect(refused).toMatchObject({ status: 403, body: { error: 'An API key cannot manage its account' } });
    }
    expect(await listed()).toEqual([]);
  });

  test('is added with the email to an account without a password', async () => {
    const identity = {
      provider: 'github',
      subject: `octo${accounts}`,
      email: `octo${accounts}@example.com`,
      emailVerified: true,
      name: 'Octo',
    };
    const { body } = await asWeb('/api/credentials/provider', identity);
    const call = async (method: string, path: string, sent?: unknown) =>
      backend.call(method, `/api/account/passkeys${path}`, { token: await assertion(body.id, { session: body.session }), body: sent });
    expect(await call('PUT', '/challenge', { email })).toMatchObject({
      status: 400,
      body: { error: 'Type the email of the account to add a passkey' },
    });
    const { options } = (await call('PUT', '/challenge', { email: identity.email })).body;
    expect(options.user).toMatchObject({ name: identity.email, displayName: 'Octo' });
    const passkey = createAuthenticator(ORIGIN);
    expect((await call('POST', '', { name: 'Phone', credential: passkey.create(options) })).status).toBe(201);
    expect((await signIn(passkey)).body).toMatchObject({ id: body.id, name: 'Octo' });
  });

  test('is added once, by the session that requested it, and with user verification', async () => {
    const passkey = createAuthenticator(ORIGIN);
    const other = (await asWeb('/api/credentials/verify', { email, password: PASSWORD })).body.session;
    const addFrom = async (session: string, credential: object) =>
      backend.call('POST', '/api/account/passkeys', { token: await assertion(user, { session }), body: { name: 'Laptop', credential } });
    const credential = passkey.create(await requestAddition());
    expect(await addFrom(other, credential)).toMatchObject(EXPIRED);
    expect((await addFrom(sessionOf(user), credential)).status).toBe(201);
    expect(await addFrom(sessionOf(user), credential)).toMatchObject(EXPIRED);
    const refused = async (create: (options: Parameters<Passkey['create']>[0]) => object) =>
      expect(await mine('POST', '', { name: 'Laptop', credential: create(await requestAddition()) })).toMatchObject(MISMATCH);
    await refused((options) => createAuthenticator(ORIGIN).create(options, { verified: false }));
    await refused((options) => createAuthenticator('https://evil.example').create(options));
    await refused((options) => createAuthenticator(ORIGIN).create({ ...options, rp: { id: 'evil.example' } }));
    await refused((options) => createAuthenticator(ORIGIN).create({ ...options, challenge: 'b3RoZXI' }));
    await refused((options) => ({ ...createAuthenticator(ORIGIN).create(options), type: 'password' }));
    expect(await listed()).toHaveLength(1);
  });

  test('is not added after five minutes', async () => {
    const start = clock.now();
    const at = (ms: number, work: () => Promise<unknown>) => clock.at(new Date(start.getTime() + ms), work);
    const addition = async () => ({ name: 'Laptop', credential: createAuthenticator(ORIGIN).create(await requestAddition()) });
    const [late, early] = [await clock.at(start, addition), async () => clock.at(start, addition)];
    expect(await at(5 * MINUTE_MS, () => mine('POST', '', late))).toMatchObject(EXPIRED);
    const body = await early();
    expect(await at(5 * MINUTE_MS - 1, () => mine('POST', '', body))).toMatchObject({ status: 201 });
  });

  test('of another account is not added, and an eleventh is not added either', async () => {
    const { passkey } = await add();
    user = await backend.account();
    expect(await mine('POST', '', { name: 'Same', credential: passkey.create(await requestAddition()) })).toMatchObject({
      status: 409,
      body: { code: 'PASSKEY_TAKEN' },
    });
    for (let count = 1; count <= 9; count++) await add({ name: `Key ${count}` });
    const [tenth, eleventh] = [createAuthenticator(ORIGIN), createAuthenticator(ORIGIN)];
    const options = await requestAddition();
    const full = { status: 409, body: { code: 'PASSKEY_LIMIT_REACHED', limit: 10 } };
    expect((await mine('POST', '', { name: 'Tenth', credential: tenth.create(options) })).status).toBe(201);
    expect(await mine('PUT', '/challenge', { password: PASSWORD })).toMatchObject(full);
    await database.query(`INSERT INTO challenges (owner_id, purpose, subject, text, expires_at)
      VALUES ('${user}', 'add-passkey', '${sessionOf(user)}', '${options.challenge}', now() + interval '1 minute')`);
    expect(await mine('POST', '', { name: 'Eleventh', credential: eleventh.create(options) })).toMatchObject(full);
    expect((await listed()).map(({ name }: { name: string }) => name)).toEqual([
      'Tenth',
      ...[9, 8, 7, 6, 5, 4, 3, 2, 1].map((n) => `Key ${n}`),
    ]);
  });

  test('is renamed and removed by its owner alone', async () => {
    const { passkey, id } = await add();
    const owner = user;
    user = await backend.account();
    const missing = { status: 404, body: { code: 'PASSKEY_NOT_FOUND' } };
    expect(await mine('PATCH', `/${id}`, { name: 'Stolen' })).toMatchObject(missing);
    expect(await mine('DELETE', `/${id}`)).toMatchObject(missing);
    user = owner;
    expect((await mine('PATCH', `/${id}`, { name: 'Work laptop' })).body).toMatchObject({ id, name: 'Work laptop' });
    for (const name of ['', ' ', 'a\u0007', '\u200b', 'x'.repeat(101), 1])
      expect((await mine('PATCH', `/${id}`, { name })).status).toBe(400);
    expect((await signIn(passkey)).status).toBe(200);
    expect(await mine('DELETE', `/${id}`)).toMatchObject({ status: 200, body: { id, removed: true } });
    expect(await mine('DELETE', `/${id}`)).toMatchObject(missing);
    expect(await signIn(passkey)).toMatchObject(UNKNOWN);
    expect(await listed()).toEqual([]);
  });

  test('that is removed ends the sessions that it began, except the current session', async () => {
    const [{ passkey, id }, other] = [await add(), await add({ name: 'Phone' })];
    const begin = async (key: Passkey) => (await signIn(key)).body.session as string;
    const [here, there, ofPhone] = [await begin(passkey), await begin(passkey), await begin(other.passkey)];
    const removal = await backend.call('DELETE', `/api/account/passkeys/${id}`, { token: await assertion(user, { session: here }) });
    expect(removal.status).toBe(200);
    expect([await statusOf(here), await statusOf(there), await statusOf(ofPhone), await statusOf(sessionOf(user))]).toEqual([
      200, 401, 200, 200,
    ]);
  });

  test('is told to the browser, with those that remain', async () => {
    const { passkey } = await add();
    expect((await mine('GET')).body.accepted).toEqual({
      rpId: RP_ID,
      userId: Buffer.from(`sign-in:${user}`).toString('base64url'),
      credentialIds: [passkey.id],
    });
  });
});

describe('a sign-in is refused', () => {
  /** Signs in with a response that names one passkey and is signed by another. */
  async function forge({ id }: Passkey, forger: Passkey) {
    const credential = forger.get(await requestSignIn());
    const userHandle = Buffer.from(`sign-in:${user}`).toString('base64url');
    return answer({ ...credential, id, rawId: id, response: { ...credential.response, userHandle } });
  }

  test('for an unknown passkey, and no account is opened', async () => {
    const { rows } = await database.query('SELECT count(*)::int AS n FROM users');
    const stranger = createAuthenticator(ORIGIN);
    stranger.create({
      challenge: 'x',
      user: { id: Buffer.from(`sign-in:${user}`).toString('base64url') },
      pubKeyCredParams: [{ alg: -7 }],
    });
    expect(await signIn(stranger)).toMatchObject(UNKNOWN);
    expect((await database.query('SELECT count(*)::int AS n FROM users')).rows).toEqual(rows);
  });

  test('for a passkey that verifies agents, which an API key can register', async () => {
    const { id } = (await backend.machine(user, 'POST', '/api/agents', { name: 'A', config: { plan: 'network' } })).body;
    const verify = (path: string, body: object) =>
      backend.as(user, 'POST', `/api/agents/${id}/verify${path}`, { verificationType: 'webauthn', ...body });
    const passkey = createAuthenticator(ORIGIN);
    const { options } = (await verify('/challenge', {})).body;
    expect(options).toMatchObject({ authenticatorSelection: { residentKey: 'discouraged' } });
    expect((await verify('', { credential: passkey.create(options) })).status).toBe(200);
    expect(await signIn(passkey)).toMatchObject(UNKNOWN);
  });

  // Step 6: the user handle must be there and must be the account's.
  test('without the account’s user handle, or with another one’s', async () => {
    const { passkey } = await add();
    const handled = async (userHandle: unknown) => {
      const credential = passkey.get(await requestSignIn());
      return answer({ ...credential, response: { ...credential.response, userHandle } });
    };
    const handle = (of: string) => Buffer.from(of).toString('base64url');
    const other = await backend.account();
    for (const wrong of [undefined, null, '', handle(user), handle(`sign-in:${other}`)])
      expect(await handled(wrong)).toMatchObject(UNKNOWN);
    expect((await handled(handle(`sign-in:${user}`))).status).toBe(200);
  });

  test('for a challenge that was used, that has expired, or that is for something else', async () => {
    const { passkey } = await add();
    const credential = passkey.get(await requestSignIn());
    const answers = await Promise.all(Array.from({ length: 8 }, () => answer(credential)));
    expect(answers.map(({ status }) => status).sort()).toEqual([200, ...Array(7).fill(409)]);
    expect(await answer(credential)).toMatchObject(EXPIRED);

    const start = clock.now();
    const [late, early] = await clock.at(start, async () => [passkey.get(await requestSignIn()), passkey.get(await requestSignIn())]);
    const at = (ms: number, work: () => Promise<unknown>) => clock.at(new Date(start.getTime() + ms), work);
    expect(await at(5 * MINUTE_MS, () => answer(late as object))).toMatchObject(EXPIRED);
    expect(await at(5 * MINUTE_MS - 1, () => answer(early as object))).toMatchObject({ status: 200 });

    const ofAddition = await requestAddition();
    expect(await answer(passkey.get({ challenge: ofAddition.challenge, rpId: RP_ID }))).toMatchObject(EXPIRED);
    const { challenge } = await requestSignIn();
    expect(
      await mine('POST', '', { name: 'x', credential: createAuthenticator(ORIGIN).create({ ...ofAddition, challenge }) }),
    ).toMatchObject(MISMATCH);
  });

  test('for another site, without user verification, and with another key; each uses up its challenge', async () => {
    const { passkey } = await add();
    const options = await requestSignIn();
    expect(await answer(passkey.get(options, { verified: false }))).toMatchObject(MISMATCH);
    expect(await answer(passkey.get(options))).toMatchObject(EXPIRED);
    expect(await answer(passkey.get({ ...(await requestSignIn()), rpId: 'evil.example' }))).toMatchObject(MISMATCH);
    expect(await forge(passkey, createAuthenticator('https://evil.example'))).toMatchObject(MISMATCH);
    expect(await forge(passkey, createAuthenticator(ORIGIN))).toMatchObject(WRONG_SIGNATURE);
    expect((await signIn(passkey)).status).toBe(200);
  });

  test.each([['no JSON'], ['{}'], ['{"challenge":1}'], ['null']])('for client data that do not parse: %s', async (clientData) => {
    const { passkey } = await add();
    const credential = passkey.get(await requestSignIn());
    const response = { ...credential.response, clientDataJSON: Buffer.from(clientData).toString('base64url') };
    expect(await answer({ ...credential, response })).toMatchObject(MISMATCH);
  });

  // Section 6.1.1: a number that is not above the last one is a sign of a copy; zero on both sides means that nobody counts.
  test('when the signature counter is not above the last one', async () => {
    const { passkey, id } = await add({ counter: 7 });
    expect((await signIn(passkey)).status).toBe(200);
    for (const counter of [8, 7, 1, 0]) {
      passkey.setCounter(counter);
      expect([counter, await signIn(passkey)]).toMatchObject([counter, COPIED]);
    }
    passkey.setCounter(9);
    expect((await signIn(passkey)).status).toBe(200);
    expect((await database.query('SELECT counter FROM sign_in_passkeys WHERE id = $1', [id])).rows).toEqual([{ counter: '9' }]);
    const { passkey: uncounted } = await add({ name: 'Phone' });
    expect([(await signIn(uncounted)).status, (await signIn(uncounted)).status]).toEqual([200, 200]);
  });

  test('while the account is blocked, and the reason is told to the owner of the passkey alone', async () => {
    const { passkey } = await add();
    const setBlocked = (blocked: boolean) => backend.machine(undefined, 'PUT', `/api/admin/users/${user}/blocked`, { blocked });
    const { status } = await setBlocked(true);
    expect(status).toBe(200);
    expect(await signIn(passkey)).toMatchObject({ status: 403, body: { code: 'ACCOUNT_BLOCKED' } });
    expect(await forge(passkey, createAuthenticator(ORIGIN))).toMatchObject(WRONG_SIGNATURE);
    await setBlocked(false);
    expect((await signIn(passkey)).status).toBe(200);
  });

  test('when the passkey is removed while it signs in', async () => {
    const { passkey, id } = await add();
    const credential = passkey.get(await requestSignIn());
    const holder = new pg.Client({ connectionString: backend.config.DATABASE_URL });
    await holder.connect();
    try {
      await holder.query('BEGIN');
      await holder.query('SELECT 1 FROM users WHERE id = $1 FOR UPDATE', [user]);
      const signing = answer(credential);
      for (let tries = 0; tries < 500; tries++) {
        const { rows } = await database.query(
          `SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`,
        );
        if (rows.length) break;
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
      await holder.query('DELETE FROM sign_in_passkeys WHERE id = $1', [id]);
      await holder.query('COMMIT');
      expect(await signing).toMatchObject(UNKNOWN);
    } finally {
      await holder.end();
    }
    expect((await database.query('SELECT 1 FROM sessions WHERE passkey_id = $1', [id])).rows).toEqual([]);
  });
});

test('the deletion of the account removes its passkeys, and the export has them without their keys', async () => {
  const { passkey, id } = await add();
  await signIn(passkey);
  const { body } = await backend.as(user, 'GET', '/api/account/export');
  expect(body.signInPasskeys).toEqual([{ id, name: 'Laptop', createdAt: expect.any(String), lastUsedAt: expect.any(String) }]);
  expect((await backend.as(user, 'DELETE', '/api/account', { password: PASSWORD })).body.state).toBe('deleted');
  expect(await signIn(passkey)).toMatchObject(UNKNOWN);
  expect((await database.query('SELECT 1 FROM sign_in_passkeys WHERE id = $1', [id])).rows).toEqual([]);
});

test('a new password keeps passkeys and ends their sessions', async () => {
  const { passkey } = await add();
  const { session } = (await signIn(passkey)).body;
  await backend.as(user, 'PUT', '/api/account', { password: canary('another long password '), currentPassword: PASSWORD });
  expect(await statusOf(session)).toBe(401);
  expect((await signIn(passkey)).status).toBe(200);
});

test('the audit log has additions, changes and sign-ins, and no challenge of a sign-in', async () => {
  const { passkey, id } = await add();
  await mine('PATCH', `/${id}`, { name: 'Phone' });
  await signIn(passkey);
  await mine('DELETE', `/${id}`);
  const { entries } = (await backend.as(user, 'GET', '/api/audit')).body;
  expect(entries.map(({ action, target, actor, outcome }: Record<string, string>) => [action, target, actor, outcome]).slice(0, 5)).toEqual(
    [
      ['removeAccountPasskey', id, 'session', 'done'],
      ['signInWithPasskey', null, 'web', 'done'],
      ['renameAccountPasskey', id, 'session', 'done'],
      ['addAccountPasskey', id, 'session', 'done'],
      ['challengeAccountPasskey', null, 'session', 'done'],
    ],
  );
  const { rows } = await database.query(`SELECT 1 FROM audit_log WHERE action = 'challengePasskeySignIn'`);
  expect(rows).toEqual([]);
});

describe('limits:', () => {
  test('a wrong password for a new passkey counts like a sign-in', async () => {
    const limited = await startBackend({ SIGN_IN_RATE_LIMIT: '3' });
    const id = await limited.account();
    const ask = async (password: string) => (await limited.as(id, 'PUT', '/api/account/passkeys/challenge', { password })).status;
    expect([await ask('a'), await ask('b'), await ask('c'), await ask(PASSWORD)]).toEqual([403, 403, 403, 429]);
    await limited.stop();
  });

  test('views of the sign-in page do not use up the sign-ins of their address', async () => {
    const limited = await startBackend({ SIGN_IN_RATE_LIMIT: '1' });
    const post = async (path: string, body?: unknown) => (await limited.as(undefined, 'POST', path, body)).status;
    const views = [];
    for (let count = 0; count < 31; count++) views.push(await post('/api/passkeys/challenge'));
    expect(views).toEqual([...Array(30).fill(200), 429]);
    const credential = { id: 'x', response: { clientDataJSON: 'x' } };
    const tries = [];
    for (let count = 0; count < 4; count++) tries.push(await post('/api/credentials/passkey', { credential }));
    expect(tries).toEqual([401, 401, 401, 429]);
    await limited.stop();
  });
});

test('a closed sign-up does not refuse a passkey', async () => {
  const closed = await startBackend({ SIGN_UP: 'closed' });
  const id = await closed.account();
  const passkey = createAuthenticator('http://localhost:3000');
  const { options } = (await closed.as(id, 'PUT', '/api/account/passkeys/challenge', { password: PASSWORD })).body;
  await closed.as(id, 'POST', '/api/account/passkeys', { name: 'Laptop', credential: passkey.create(options) });
  const challenge = (await closed.as(undefined, 'POST', '/api/passkeys/challenge')).body.options;
  expect((await closed.as(undefined, 'POST', '/api/credentials/passkey', { credential: passkey.get(challenge) })).status).toBe(200);
  await closed.stop();
});
