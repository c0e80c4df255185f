import { maxBodyBytes, type Route, type RouteId, routes } from '@agentbot/contracts';
import { canary } from '@agentbot/test-doubles/canaries';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type JWTPayload, SignJWT } from 'jose';
import { ASSERTION_SECRET, assertion, INTERNAL_KEY, sessionOf, startBackend, type TestBackend } from './backend.ts';

let backend: TestBackend;
let admin: string;
let user: string;

beforeAll(async () => {
  backend = await startBackend();
  admin = await backend.account();
  user = await backend.account();
});
afterAll(() => backend.stop());

const all = Object.values<Route>(routes);
const pathOf = (route: Route) => route.backend.path.replace(/:\w+/, 'agent_000000000000');

describe('credentials', () => {
  test.each(all.filter(({ auth }) => auth !== 'public' && auth !== 'optional'))(
    '$method $backend.path answers 401 without a credential and with a wrong one',
    async (route) => {
      const wrong = [
        undefined,
        'x'.repeat(40),
        await assertion(user, { secret: 'another secret that is long enough' }),
        await assertion(user, { audience: 'elsewhere' }),
        await assertion(user, { issuedAt: Math.floor(Date.now() / 1000) - 120 }),
      ];
      for (const token of wrong) {
        const { status, body } = await backend.call(route.method, pathOf(route), { ...(token && { token }) });
        expect([status, body.error]).toEqual([401, 'Unauthorized']);
      }
    },
  );

  describe('an almost valid one is refused:', () => {
    const now = () => Math.floor(Date.now() / 1000);
    const signed = (claims: JWTPayload, alg = 'HS256') =>
      new SignJWT({
        iss: 'agentbot-web',
        aud: 'agentbot-backend',
        sub: user,
        sid: sessionOf(user),
        jti: `jti_${Math.random()}`,
        iat: now(),
        exp: now() + 60,
        ...claims,
      })
        .setProtectedHeader({ alg })
        .sign(new TextEncoder().encode(ASSERTION_SECRET));
    const ask = async (token: string) => (await backend.call('GET', '/api/me', { token })).status;

    test('(while the valid one is accepted)', async () => {
      expect(await ask(await signed({}))).toBe(200);
    });

    test.each<[string, () => Promise<string> | string]>([
      ['the beginning of the internal key', () => INTERNAL_KEY.slice(0, -1)],
      ['the internal key with one more character', () => `${INTERNAL_KEY}x`],
      ['the internal key in capitals', () => INTERNAL_KEY.toUpperCase()],
      ['an assertion for another audience', () => signed({ aud: 'elsewhere' })],
      ['an assertion of another issuer', () => signed({ iss: 'elsewhere' })],
      ['an assertion that began over 60 seconds ago and ends later', () => signed({ iat: now() - 70, exp: now() + 3_600 })],
      ['an assertion without an end', () => signed({ exp: undefined })],
      ['an assertion that has ended', () => signed({ iat: now() - 30, exp: now() - 10 })],
      ['an assertion without an id', () => signed({ jti: undefined })],
      ['an assertion without a session', () => signed({ sid: undefined })],
      ['an assertion with the session of another user', () => signed({ sid: sessionOf(admin) })],
      ['an assertion of another algorithm', () => signed({}, 'HS512')],
    ])('%s', async (_name, token) => {
      expect(await ask(await token())).toBe(401);
    });
  });

  test('an assertion is accepted for one write only: the second gets 401', async () => {
    const token = await assertion(user);
    expect((await backend.call('POST', '/api/agents', { token, body: { name: 'Once' } })).status).toBe(201);
    expect((await backend.call('POST', '/api/agents', { token, body: { name: 'Twice' } })).status).toBe(401);
    expect((await backend.as(user, 'GET', '/api/agents')).body.count).toBe(1);
  });

  test('GET /api/agents with the internal key and X-User-Id lists the user’s agents in the machine shape', async () => {
    const { body } = await backend.call('GET', '/api/agents', { token: INTERNAL_KEY, headers: { 'x-user-id': user } });
    expect(body).toHaveLength(1);
    expect(Object.keys(body[0])).toEqual(['id', 'status', 'created', 'subdomain', 'url']);
  });

  test('GET /api/agents ignores X-User-Id without the internal key', async () => {
    const { body } = await backend.call('GET', '/api/agents', { headers: { 'x-user-id': user } });
    expect(body).toEqual([]);
    // Another user's credential opens that user's account; the header's user is ignored.
    const stranger = await backend.account();
    const { key } = (await backend.as(stranger, 'POST', '/api/keys', { name: 'k' })).body;
    for (const token of [key, await assertion(stranger)]) {
      expect((await backend.call('GET', '/api/me', { token, headers: { 'x-user-id': user } })).body.id).toBe(stranger);
    }
  });

  test('PUT /api/admin/users/:id/plan answers 403 to every account but the first', async () => {
    expect(await backend.as(user, 'PUT', `/api/admin/users/${user}/plan`, { plan: 'solo' })).toMatchObject({
      status: 403,
      body: { error: 'Forbidden' },
    });
    expect((await backend.as(admin, 'PUT', `/api/admin/users/${user}/plan`, { plan: 'solo' })).body).toMatchObject({
      id: user,
      plan: 'solo',
    });
    expect((await backend.as(admin, 'PUT', '/api/admin/users/nobody/plan', { plan: 'solo' })).status).toBe(404);
  });
});

describe('request bodies', () => {
  test.each([
    ['malformed', '{"name":', 400, 'Malformed JSON in request body'],
    ['a bare string', '"x"', 400, 'Malformed JSON in request body'],
    ['an array', '[]', 400, 'Invalid request body'],
    ['empty', '{}', 400, 'Agent name is required'],
    ['a blank name', '{"name":"  "}', 400, 'Agent name is required'],
    ['a name of the wrong type', '{"name":7}', 400, 'Agent name is required'],
    ['a name with NUL', '{"name":"a\\u0000b"}', 400, 'Agent name must not contain control or invisible characters'],
    ['a name with a right-to-left override', '{"name":"a\\u202eb"}', 400, 'Agent name must not contain control or invisible characters'],
    ['a name that is too long', JSON.stringify({ name: 'x'.repeat(101) }), 400, 'Agent name must be at most 100 characters'],
    ['an unknown model', '{"name":"x","model":"gpt-99"}', 400, 'Invalid model: use claude-opus-4-6, gpt-4 or custom'],
    ['minimax', '{"name":"x","config":{"aiProvider":"minimax"}}', 400, 'Invalid aiProvider'],
    ['a custom model without endpoint', '{"name":"x","model":"custom"}', 400, 'The model custom needs config.baseUrl and config.model'],
    ['more than 64 KiB', JSON.stringify({ name: 'x'.repeat(65_536) }), 413, 'Request body too large'],
  ])('provisionAgent refuses a body: %s', async (_case, body, status, error) => {
    const before = (await backend.as(admin, 'GET', '/api/agents')).body.count;
    expect(await backend.as(admin, 'POST', '/api/agents/provision', body)).toMatchObject({ status, body: { error } });
    expect((await backend.as(admin, 'GET', '/api/agents')).body.count).toBe(before);
  });

  test.each(
    Object.values<Route>(routes).flatMap(({ id, method, auth, body, backend: { path } }) =>
      body ? [[id, method, path.replace(/:\w+/g, 'none'), auth, maxBodyBytes(id as RouteId)] as const] : [],
    ),
  )('%s refuses a body over its limit with 413', async (_id, method, path, auth, maxBytes) => {
    const caller = auth === 'web' ? undefined : admin;
    const bodyOf = (bytes: number) => `{"name":"${'x'.repeat(bytes - '{"name":""}'.length)}"}`;
    expect(await backend.as(caller, method, path, bodyOf(maxBytes + 1))).toMatchObject({ status: 413 });
    expect((await backend.as(caller, method, path, bodyOf(maxBytes))).status).not.toBe(413);
  });

  test.each([
    [6, 'Unrecognized keys: "key0", "key1", "key2", "key3", "key4" and 1 more'],
    [4_000, 'Unrecognized keys: "key0", "key1", "key2", "key3", "key4" and 3995 more'],
  ])('an error about %d unknown fields names five of them', async (count, error) => {
    const unknown = Object.fromEntries(Array.from({ length: count }, (_, index) => [`key${index}`, 1]));
    const body = { name: 'x', config: unknown };
    expect(await backend.as(admin, 'POST', '/api/agents', body)).toMatchObject({ status: 400, body: { error } });
  });

  test('an error about a field with a long name has at most 301 characters', async () => {
    const { status, body } = await backend.as(admin, 'POST', '/api/agents', { name: 'x', config: { ['k'.repeat(50_000)]: 1 } });
    expect([status, body.error.length]).toEqual([400, 301]);
  });

  test('a body with more than 5,000 elements is refused with 400', async () => {
    const body = { name: 'x', config: { ownerIds: Array(5_000).fill(1) } };
    expect(await backend.as(admin, 'POST', '/api/agents', body)).toMatchObject({
      status: 400,
      body: { error: 'Request body must have at most 5000 elements' },
    });
  });

  test('createAgent stores SQL and shell syntax in a name unchanged', async () => {
    const name = `'; DROP TABLE agents; -- $(reboot) 🤖`;
    expect((await backend.as(admin, 'POST', '/api/agents', { name })).status).toBe(201);
    expect((await backend.as(admin, 'GET', '/api/agents')).body.agents[0].name).toBe(name);
  });

  test.each([
    ['{}', 'Message required'],
    ['{"message":""}', 'Message required'],
    ['{"message":["x"]}', 'Message required'],
    ['{"message":"a\\u0000b"}', 'Message must not contain NUL characters'],
    // Postgres stores neither NUL nor half of a surrogate pair, in any field.
    ['{"message":"a\\ud800b"}', 'Text must be Unicode without NUL characters'],
    ['{"message":"a","sessionId":"a\\u0000b"}', 'Text must be Unicode without NUL characters'],
    [JSON.stringify({ message: 'x'.repeat(32_001) }), 'Message must be at most 32000 characters'],
  ])('sendMessage refuses %.30s with 400', async (body, error) => {
    expect(await backend.as(admin, 'POST', '/api/chat', body)).toMatchObject({ status: 400, body: { error } });
  });

  test.each(['        ', '\u00a0\u3000\u2003\u2003\u2003\u2003\u2003\u2003', '\u200b'.repeat(9), '   abc   ', 'short'])(
    'register refuses the password %j',
    async (password) => {
      const token = await assertion(undefined);
      const answer = await backend.call('POST', '/api/register', { token, body: { email: 'blank@example.com', password } });
      expect([answer.status, answer.body.error]).toEqual([400, expect.stringMatching(/^Password must be at least 8 characters/)]);
    },
  );

  test('verifyCredentials accepts a password in another Unicode normal form', async () => {
    const send = async (path: string, body: object) => backend.call('POST', path, { token: await assertion(undefined), body });
    const email = 'forms@example.com';
    const [composed, decomposed] = ['p\u00e4ssw\u00f6rter', 'pa\u0308sswo\u0308rter'];
    expect((await send('/api/register', { email, password: decomposed })).status).toBe(201);
    for (const password of [composed, decomposed]) expect((await send('/api/credentials/verify', { email, password })).status).toBe(200);
    expect((await send('/api/credentials/verify', { email, password: 'passworter' })).status).toBe(401);
  });

  test('register refuses an invalid email and a short password with 400, and a taken email with 409', async () => {
    const register = (body: unknown) => backend.as(undefined, 'POST', '/api/register', body);
    expect(await register({ email: 'nope', password: canary('long enough ') })).toMatchObject({
      status: 400,
      body: { error: 'A valid email is required' },
    });
    expect(await register({ email: 'a@example.com', password: 'short' })).toMatchObject({
      status: 400,
      body: { error: 'Password must be at least 8 characters' },
    });
    expect((await register({ email: 'Twice@Example.com', password: canary('long enough ') })).status).toBe(201);
    expect(await register({ email: 'twice@example.com', password: canary('long enough ') })).toMatchObject({ status: 409 });
  });
});

describe('paths and queries', () => {
  test.each([
    ['GET', '/nope', 404, 'Not found'],
    ['PATCH', '/api/agents', 404, 'Not found'],
    ['GET', '/api/agents/%E0%A4%A', 404, 'Not found'],
    ['GET', '/api/agents/..%2F..%2Fetc', 400, 'Invalid agentId'],
    ['GET', '/api/agents/agent_000000000000', 404, 'Agent not found'],
    ['GET', '/api/agents/agent_000000000000/messages', 404, 'Agent not found'],
    ['GET', '/api/agents/agent_000000000000/messages?limit=101', 400, 'limit must be at most 100'],
    ['GET', '/api/agents/agent_000000000000/messages?offset=x', 400, 'offset must be a whole number'],
  ])('%s %s answers %i', async (method, path, status, error) => {
    expect(await backend.as(admin, method, path)).toMatchObject({ status, body: { error } });
  });
});
