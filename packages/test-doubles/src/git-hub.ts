import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { challengeOf, clientOf, createCodes, redirectTo } from './oauth/codes.ts';

interface Person {
  id: number;
  login: string;
  name: string | null;
  /** The address that the profile shows; null when the person keeps it private. */
  email?: string | null;
  emails: { email: string; primary: boolean; verified: boolean }[];
}
interface App {
  clientId: string;
  clientSecret: string;
  /** The registered callback; without it every address is one. */
  callbackUrl?: string;
}

/** GitHub answers 200 for these errors. @see https://docs.github.com/en/apps/oauth-apps/maintaining-oauth-apps/troubleshooting-oauth-app-access-token-request-errors */
const errors = {
  incorrect_client_credentials: 'The client_id and/or client_secret passed are incorrect.',
  redirect_uri_mismatch: 'The redirect_uri MUST match the registered callback URL for this application.',
  bad_verification_code: 'The code passed is incorrect or expired.',
};

/**
 * GitHub's OAuth pages and the two API calls of a sign-in. The person given to `signIn` has agreed to the sign-in; without one
 * the page answers `access_denied`.
 * @see https://docs.github.com/en/apps/oauth-apps/building-oauth-apps/authorizing-oauth-apps
 */
export async function startGitHub({ clientId, clientSecret, callbackUrl }: App) {
  const codes = createCodes<Person>();
  const tokens = new Map<string, { person: Person; scopes: string[] }>();
  let person: Person | undefined;

  /** @returns the address to return to, or undefined for GitHub's page "404" */
  function authorize(query: URLSearchParams): string | undefined {
    if (query.get('client_id') !== clientId) return undefined;
    const redirectUri = query.get('redirect_uri') ?? callbackUrl ?? '';
    const state = query.get('state');
    if (!URL.canParse(redirectUri)) return undefined;
    if (callbackUrl && redirectUri !== callbackUrl) return redirectTo(callbackUrl, { error: 'redirect_uri_mismatch' }, state);
    const challenge = challengeOf(query);
    if (challenge === null) return redirectTo(redirectUri, { error: 'invalid_request' }, state);
    if (!person) return redirectTo(redirectUri, { error: 'access_denied' }, state);
    return redirectTo(
      redirectUri,
      { code: codes.issue({ person, clientId, redirectUri, scope: query.get('scope') ?? '', challenge }) },
      state,
    );
  }

  function redeem(authorization: string | undefined, form: URLSearchParams): Record<string, string> {
    const refuse = (error: keyof typeof errors) => ({ error, error_description: errors[error] });
    const client = clientOf(authorization, form);
    if (client.id !== clientId || client.secret !== clientSecret) return refuse('incorrect_client_credentials');
    const grant = codes.redeem(form, client.id);
    if (grant === 'redirect_uri') return refuse('redirect_uri_mismatch');
    if (typeof grant === 'string') return refuse('bad_verification_code');
    const token = `gho_${randomBytes(18).toString('hex')}`;
    const scopes = grant.scope.split(/[ ,]+/).filter(Boolean);
    tokens.set(token, { person: grant.person, scopes });
    return { access_token: token, token_type: 'bearer', scope: scopes.join(',') };
  }

  /** @see https://docs.github.com/en/rest/users */
  function api(path: string, { authorization = '', 'user-agent': userAgent }: Record<string, unknown>): [body: unknown, status: number] {
    if (!userAgent)
      return [{ message: 'Request forbidden by administrative rules. Please make sure your request has a User-Agent header' }, 403];
    const token = tokens.get(String(authorization).replace(/^(Bearer|token) /, ''));
    if (!token) return [{ message: authorization ? 'Bad credentials' : 'Requires authentication' }, 401];
    const { emails, email = null, ...user } = token.person;
    if (path === '/user') return [{ ...user, email, type: 'User', site_admin: false }, 200];
    const mayReadEmails = token.scopes.some((scope) => scope === 'user' || scope === 'user:email');
    if (path === '/user/emails' && mayReadEmails) {
      return [emails.map((each) => ({ ...each, visibility: each.primary ? (email ? 'public' : 'private') : null })), 200];
    }
    return [{ message: 'Not Found' }, 404];
  }

  const server = createServer(async (request, response) => {
    const url = new URL(request.url ?? '/', 'http://github');
    const json = (body: unknown, status = 200) =>
      response.writeHead(status, { 'content-type': 'application/json; charset=utf-8' }).end(JSON.stringify(body));
    if (url.pathname === '/login/oauth/authorize') {
      const location = authorize(url.searchParams);
      return location ? response.writeHead(302, { location }).end() : response.writeHead(404).end();
    }
    if (url.pathname === '/login/oauth/access_token') {
      if (request.method !== 'POST') return response.writeHead(404).end();
      const answer = redeem(request.headers.authorization, new URLSearchParams(await text(request)));
      // GitHub answers with a form, unless the client asks for JSON.
      if (request.headers.accept?.includes('application/json')) return json(answer);
      return response
        .writeHead(200, { 'content-type': 'application/x-www-form-urlencoded; charset=utf-8' })
        .end(new URLSearchParams(answer).toString());
    }
    return json(...api(url.pathname, request.headers));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    signIn(value: Person | undefined) {
      person = value;
    },
    expireCodes: codes.expireAll,
    async close() {
      server.close();
      server.closeAllConnections();
    },
  };
}
