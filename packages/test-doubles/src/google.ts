import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { challengeOf, clientOf, createCodes, redirectTo } from './oauth/codes.ts';
import { createIdTokens } from './oauth/id-tokens.ts';

interface Person {
  sub: string;
  email: string;
  email_verified: boolean;
  name: string;
}
interface Client {
  clientId: string;
  clientSecret: string;
  /** The registered addresses to return to; without them every address is one. */
  redirectUris?: string[];
}

/**
 * An OpenID provider like Google. The person given to `signIn` has agreed to the sign-in; without one the page answers
 * `access_denied`.
 * @see https://developers.google.com/identity/openid-connect/openid-connect
 */
export async function startGoogle({ clientId, clientSecret, redirectUris }: Client) {
  const codes = createCodes<Person>();
  const idTokens = await createIdTokens();
  const tokens = new Map<string, Person>();
  let person: Person | undefined;
  let issuer = '';

  /** @returns the address to return to, or the reason why Google shows an error page of its own */
  function authorize(query: URLSearchParams): { location: string } | { error: string } {
    const redirectUri = query.get('redirect_uri') ?? '';
    if (query.get('client_id') !== clientId) return { error: 'invalid_client' };
    if (!URL.canParse(redirectUri) || (redirectUris && !redirectUris.includes(redirectUri))) return { error: 'redirect_uri_mismatch' };
    const scope = query.get('scope') ?? '';
    const challenge = challengeOf(query);
    if (query.get('response_type') !== 'code' || challenge === null) return { error: 'invalid_request' };
    if (!scope.split(' ').includes('openid')) return { error: 'invalid_scope' };
    const state = query.get('state');
    if (!person) return { location: redirectTo(redirectUri, { error: 'access_denied' }, state) };
    const nonce = query.get('nonce') ?? undefined;
    const code = codes.issue({ person, clientId, redirectUri, scope, challenge, nonce });
    return { location: redirectTo(redirectUri, { code, scope, authuser: '0', prompt: 'consent' }, state) };
  }

  /** @see https://www.rfc-editor.org/rfc/rfc6749#section-5.2 */
  async function redeem(authorization: string | undefined, form: URLSearchParams): Promise<{ status: number; body: object }> {
    const refuse = (status: number, error: string, description: string) => ({ status, body: { error, error_description: description } });
    const client = clientOf(authorization, form);
    if (client.id !== clientId) return refuse(401, 'invalid_client', 'The OAuth client was not found.');
    if (client.secret !== clientSecret) return refuse(401, 'invalid_client', 'Unauthorized');
    if (form.get('grant_type') !== 'authorization_code') return refuse(400, 'unsupported_grant_type', 'Invalid grant_type');
    const grant = codes.redeem(form, client.id);
    if (grant === 'redirect_uri') return refuse(400, 'redirect_uri_mismatch', 'Bad Request');
    if (grant === 'code_verifier') return refuse(400, 'invalid_grant', 'Invalid code verifier.');
    if (grant === 'code') return refuse(400, 'invalid_grant', 'Malformed auth code.');
    const accessToken = `ya29.${randomBytes(16).toString('hex')}`;
    tokens.set(accessToken, grant.person);
    const half = createHash('sha256').update(accessToken).digest().subarray(0, 16);
    const id_token = await idTokens.sign({
      iss: issuer,
      aud: clientId,
      azp: clientId,
      ...grant.person,
      at_hash: half.toString('base64url'),
      ...(grant.nonce !== undefined && { nonce: grant.nonce }),
    });
    return { status: 200, body: { access_token: accessToken, expires_in: 3_599, scope: grant.scope, token_type: 'Bearer', id_token } };
  }

  const server = createServer(async (request, response) => {
    const url = new URL(request.url ?? '/', issuer);
    const json = (body: unknown, status = 200) =>
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    switch (`${request.method} ${url.pathname}`) {
      case 'GET /.well-known/openid-configuration':
        return json({
          issuer,
          authorization_endpoint: `${issuer}/authorize`,
          token_endpoint: `${issuer}/token`,
          userinfo_endpoint: `${issuer}/userinfo`,
          jwks_uri: `${issuer}/jwks`,
          response_types_supported: ['code'],
          subject_types_supported: ['public'],
          id_token_signing_alg_values_supported: ['RS256'],
          scopes_supported: ['openid', 'email', 'profile'],
          token_endpoint_auth_methods_supported: ['client_secret_post', 'client_secret_basic'],
          code_challenge_methods_supported: ['S256'],
        });
      case 'GET /jwks':
        return json(idTokens.jwks());
      case 'GET /authorize': {
        const answer = authorize(url.searchParams);
        if ('error' in answer) return json(answer, 400);
        return response.writeHead(302, { location: answer.location }).end();
      }
      case 'POST /token': {
        const { status, body } = await redeem(request.headers.authorization, new URLSearchParams(await text(request)));
        return json(body, status);
      }
      case 'GET /userinfo': {
        const found = tokens.get(request.headers.authorization?.replace(/^Bearer /, '') ?? '');
        return found ? json(found) : json({ error: 'invalid_request', error_description: 'Invalid Credentials' }, 401);
      }
      default:
        return response.writeHead(404).end();
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url: issuer,
    signIn(value: Person | undefined) {
      person = value;
    },
    expireCodes: codes.expireAll,
    rotateKeys: idTokens.rotate,
    spoilIdToken: idTokens.spoil,
    async close() {
      server.close();
      server.closeAllConnections();
    },
  };
}
