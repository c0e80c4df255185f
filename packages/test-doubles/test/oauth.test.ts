import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import * as oidc from 'openid-client';
import { startGitHub } from '../src/git-hub.ts';
import { startGoogle } from '../src/google.ts';

/** The doubles of Google and GitHub against openid-client, and against the text of the RFCs. */

const CALLBACK = 'https://agentbot.example/callback';
const CLIENT = { clientId: 'client', clientSecret: 'secret of the client' };
const SCOPE = 'openid email profile';
const ada = { sub: '42', email: 'ada@example.com', email_verified: true, name: 'Ada' };
const octo = {
  id: 7,
  login: 'octo',
  name: null,
  emails: [
    { email: 'old@example.com', primary: false, verified: true },
    { email: 'octo@example.com', primary: true, verified: true },
  ],
};

let google: Awaited<ReturnType<typeof startGoogle>>;
let gitHub: Awaited<ReturnType<typeof startGitHub>>;
let config: oidc.Configuration;

const discover = (secret = CLIENT.clientSecret, id = CLIENT.clientId) =>
  oidc.discovery(new URL(google.url), id, undefined, oidc.ClientSecretPost(secret), { execute: [oidc.allowInsecureRequests] });

beforeAll(async () => {
  google = await startGoogle({ ...CLIENT, redirectUris: [CALLBACK] });
  gitHub = await startGitHub({ ...CLIENT, callbackUrl: CALLBACK });
  config = await discover();
});
beforeEach(() => {
  google.signIn(ada);
  gitHub.signIn(octo);
});
afterAll(() => Promise.all([google.close(), gitHub.close()]));

/** Follows an authorization request. @returns the status and the address that the provider returns to */
async function follow(url: URL | string) {
  const response = await fetch(url, { redirect: 'manual' });
  return { status: response.status, back: response.headers.get('location') ?? '' };
}

async function begin(changes: Record<string, string> = {}) {
  const verifier = oidc.randomPKCECodeVerifier();
  const [state, nonce] = [oidc.randomState(), oidc.randomNonce()];
  const url = oidc.buildAuthorizationUrl(config, {
    redirect_uri: CALLBACK,
    scope: SCOPE,
    state,
    nonce,
    code_challenge: await oidc.calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256',
    ...changes,
  });
  const { back } = await follow(url);
  return { back: new URL(back), checks: { pkceCodeVerifier: verifier, expectedState: state, expectedNonce: nonce } };
}

describe('Google', () => {
  test('signs a person in: the client accepts state, nonce, PKCE, audience and signature', async () => {
    const { back, checks } = await begin();
    const tokens = await oidc.authorizationCodeGrant(config, back, checks);
    expect(tokens.claims()).toMatchObject({ ...ada, iss: google.url, aud: CLIENT.clientId, nonce: checks.expectedNonce });
    expect(await oidc.fetchUserInfo(config, tokens.access_token, '42')).toEqual(ada);
  });

  test('accepts a code once, and not after it expired', async () => {
    const first = await begin();
    await oidc.authorizationCodeGrant(config, first.back, first.checks);
    await expect(oidc.authorizationCodeGrant(config, first.back, first.checks)).rejects.toMatchObject({ error: 'invalid_grant' });
    const second = await begin();
    google.expireCodes();
    await expect(oidc.authorizationCodeGrant(config, second.back, second.checks)).rejects.toMatchObject({ error: 'invalid_grant' });
  });

  test('refuses another verifier, no verifier, and a verifier of a request without a challenge', async () => {
    for (const pkceCodeVerifier of [oidc.randomPKCECodeVerifier(), undefined]) {
      const { back, checks } = await begin();
      const wrong = {
        expectedState: checks.expectedState,
        expectedNonce: checks.expectedNonce,
        ...(pkceCodeVerifier && { pkceCodeVerifier }),
      };
      await expect(oidc.authorizationCodeGrant(config, back, wrong)).rejects.toMatchObject({ error: 'invalid_grant', status: 400 });
    }
    const url = `${google.url}/authorize?${new URLSearchParams({ client_id: 'client', redirect_uri: CALLBACK, scope: SCOPE, response_type: 'code' })}`;
    const { back } = await follow(url);
    const late = oidc.authorizationCodeGrant(config, new URL(back), { pkceCodeVerifier: oidc.randomPKCECodeVerifier() });
    await expect(late).rejects.toMatchObject({ error: 'invalid_grant' });
  });

  test('refuses another client, another secret, and another redirect_uri', async () => {
    for (const wrong of [await discover('another secret'), await discover(CLIENT.clientSecret, 'other')]) {
      const { back, checks } = await begin();
      await expect(oidc.authorizationCodeGrant(wrong, back, checks)).rejects.toMatchObject({ error: 'invalid_client', status: 401 });
    }
    const { back, checks } = await begin();
    const elsewhere = new URL(back.search, 'https://attacker.example/callback');
    await expect(oidc.authorizationCodeGrant(config, elsewhere, checks)).rejects.toMatchObject({ error: 'redirect_uri_mismatch' });
  });

  test.each<[string, Record<string, string>]>([
    ['of another client', { client_id: 'other' }],
    ['to an address that is not registered', { redirect_uri: 'https://attacker.example/' }],
    ['with a plain challenge', { code_challenge_method: 'plain' }],
    ['without the scope openid', { scope: 'email' }],
    ['for another response type', { response_type: 'token' }],
  ])('shows an error page for a request %s', async (_, changes) => {
    const url = oidc.buildAuthorizationUrl(config, {
      redirect_uri: CALLBACK,
      scope: SCOPE,
      code_challenge: 'x'.repeat(43),
      code_challenge_method: 'S256',
    });
    for (const [name, value] of Object.entries(changes)) url.searchParams.set(name, value);
    expect(await follow(url)).toEqual({ status: 400, back: '' });
  });

  test('returns access_denied and the state when the person refuses', async () => {
    google.signIn(undefined);
    const { back, checks } = await begin();
    expect([back.searchParams.get('error'), back.searchParams.get('state')]).toEqual(['access_denied', checks.expectedState]);
  });

  test.each<[string, Parameters<typeof google.spoilIdToken>[0]]>([
    ['of another audience', { claims: { aud: 'other' } }],
    ['that has expired', { claims: { exp: Math.floor(Date.now() / 1000) - 60 } }],
    ['of another issuer', { claims: { iss: 'https://other.example' } }],
    ['with another nonce', { claims: { nonce: 'other' } }],
  ])('gives an id_token %s on demand, once, and the client refuses it', async (_, flaw) => {
    const wrong = await begin();
    google.spoilIdToken(flaw);
    await expect(oidc.authorizationCodeGrant(config, wrong.back, wrong.checks)).rejects.toThrow();
    const right = await begin();
    expect((await oidc.authorizationCodeGrant(config, right.back, right.checks)).claims()?.sub).toBe('42');
  });

  test('publishes its keys, and after a rotation the new one alone', async () => {
    const checking = await discover();
    oidc.enableNonRepudiationChecks(checking);
    const grant = async () => {
      const { back, checks } = await begin();
      return (await oidc.authorizationCodeGrant(checking, back, checks)).claims()?.sub;
    };
    expect(await grant()).toBe('42');
    google.spoilIdToken({ foreignKey: true });
    await expect(grant()).rejects.toMatchObject({ cause: { message: expect.stringMatching(/signature/) } });
    const kids = async () => ((await (await fetch(`${google.url}/jwks`)).json()) as { keys: { kid: string }[] }).keys.map(({ kid }) => kid);
    const before = await kids();
    await google.rotateKeys();
    expect(await kids()).not.toEqual(before);
    const fresh = await discover();
    oidc.enableNonRepudiationChecks(fresh);
    const { back, checks } = await begin();
    expect((await oidc.authorizationCodeGrant(fresh, back, checks)).claims()?.sub).toBe('42');
  });
});

describe('GitHub', () => {
  const verifier = 'a'.repeat(43);
  async function authorize(changes: Record<string, string> = {}) {
    const challenge = await oidc.calculatePKCECodeChallenge(verifier);
    const query = {
      client_id: 'client',
      redirect_uri: CALLBACK,
      scope: 'read:user user:email',
      state: 's',
      code_challenge: challenge,
      code_challenge_method: 'S256',
    };
    const { back } = await follow(`${gitHub.url}/login/oauth/authorize?${new URLSearchParams({ ...query, ...changes })}`);
    return back ? Object.fromEntries(new URL(back).searchParams) : undefined;
  }
  async function redeem(code = '', changes: Record<string, string> = {}, accept = 'application/json') {
    const form = {
      client_id: 'client',
      client_secret: CLIENT.clientSecret,
      code,
      redirect_uri: CALLBACK,
      code_verifier: verifier,
      ...changes,
    };
    const response = await fetch(`${gitHub.url}/login/oauth/access_token`, {
      method: 'POST',
      headers: { accept },
      body: new URLSearchParams(form),
    });
    return { status: response.status, text: await response.text() };
  }
  const tokenOf = async (scope?: string) => {
    const { code } = (await authorize(scope === undefined ? {} : { scope })) ?? {};
    return (JSON.parse((await redeem(code)).text) as { access_token: string }).access_token;
  };
  const api = async (path: string, token: string) => {
    const response = await fetch(gitHub.url + path, { headers: { authorization: `Bearer ${token}`, 'user-agent': 'test' } });
    return [response.status, await response.json()];
  };

  test('gives a token for a code, as JSON or as a form, and the state back', async () => {
    const { code, state } = (await authorize()) ?? {};
    expect(state).toBe('s');
    const { status, text } = await redeem(code);
    expect([status, JSON.parse(text)]).toEqual([
      200,
      { access_token: expect.stringMatching(/^gho_/), token_type: 'bearer', scope: 'read:user,user:email' },
    ]);
    const form = await redeem((await authorize())?.code, {}, '*/*');
    expect(new URLSearchParams(form.text).get('access_token')).toMatch(/^gho_/);
  });

  test('answers errors with 200', async () => {
    const { code } = (await authorize()) ?? {};
    await redeem(code);
    const errorOf = async (answer: ReturnType<typeof redeem>) => {
      const { status, text } = await answer;
      return [status, (JSON.parse(text) as { error: string }).error];
    };
    expect(await errorOf(redeem(code))).toEqual([200, 'bad_verification_code']);
    expect(await errorOf(redeem((await authorize())?.code, { code_verifier: 'b'.repeat(43) }))).toEqual([200, 'bad_verification_code']);
    expect(await errorOf(redeem((await authorize())?.code, { client_secret: 'other' }))).toEqual([200, 'incorrect_client_credentials']);
    expect(await errorOf(redeem((await authorize())?.code, { redirect_uri: 'https://attacker.example' }))).toEqual([
      200,
      'redirect_uri_mismatch',
    ]);
    const expired = (await authorize())?.code;
    gitHub.expireCodes();
    expect(await errorOf(redeem(expired))).toEqual([200, 'bad_verification_code']);
  });

  test('refuses another client, address or kind of challenge at its page', async () => {
    expect(await authorize({ client_id: 'other' })).toBeUndefined();
    expect(await authorize({ redirect_uri: 'https://attacker.example' })).toEqual({ error: 'redirect_uri_mismatch', state: 's' });
    expect(await authorize({ code_challenge_method: 'plain' })).toEqual({ error: 'invalid_request', state: 's' });
  });

  test('lists the addresses for the scope user:email alone, and hides a private one in the profile', async () => {
    const token = await tokenOf();
    expect(await api('/user', token)).toEqual([200, { id: 7, login: 'octo', name: null, email: null, type: 'User', site_admin: false }]);
    expect(await api('/user/emails', token)).toEqual([
      200,
      [
        { email: 'old@example.com', primary: false, verified: true, visibility: null },
        { email: 'octo@example.com', primary: true, verified: true, visibility: 'private' },
      ],
    ]);
    expect((await api('/user/emails', await tokenOf('read:user')))[0]).toBe(404);
    expect(await api('/user', 'gho_wrong')).toEqual([401, { message: 'Bad credentials' }]);
  });
});
