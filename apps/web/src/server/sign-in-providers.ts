import type { OAuthConfig } from 'next-auth/providers/oauth';
import { config } from '../config.ts';

const TIMEOUT_MS = 10_000;

/** A user as the provider describes them. */
export interface ProviderProfile {
  id: string;
  email: string | null;
  emailVerified: boolean;
  name: string | null;
}

interface GitHubUser {
  id: number;
  name: string | null;
  login: string;
}
interface GitHubEmail {
  email: string;
  primary: boolean;
  verified: boolean;
}

/** Sign-in with GitHub. @see https://docs.github.com/en/apps/oauth-apps/building-oauth-apps/authorizing-oauth-apps */
function gitHub(clientId: string, clientSecret: string): OAuthConfig<GitHubUser & { emails: GitHubEmail[] }> {
  const { GITHUB_BASE_URL: site, GITHUB_API_URL: api } = config();
  const get = async (path: string, token: string | undefined) => {
    const response = await fetch(api + path, {
      headers: { authorization: `Bearer ${token}`, accept: 'application/vnd.github+json', 'user-agent': 'agentbot' },
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    if (!response.ok) throw new Error(`GitHub answered ${response.status} for ${path}`);
    return response.json();
  };
  return {
    id: 'github',
    name: 'GitHub',
    type: 'oauth',
    clientId,
    clientSecret,
    checks: ['state', 'pkce'],
    authorization: { url: `${site}/login/oauth/authorize`, params: { scope: 'read:user user:email' } },
    token: `${site}/login/oauth/access_token`,
    userinfo: {
      url: `${api}/user`,
      // The profile's email may be missing or unverified.
      request: async ({ tokens }) => ({
        ...(await get('/user', tokens.access_token)),
        emails: await get('/user/emails', tokens.access_token),
      }),
    },
    profile({ id, name, login, emails }) {
      const primary = emails.find((each) => each.primary);
      return { id: String(id), email: primary?.email ?? null, emailVerified: primary?.verified ?? false, name: name ?? login };
    },
  };
}

interface IdToken {
  sub: string;
  email?: string;
  email_verified?: boolean;
  name?: string;
}

interface OpenIdProvider {
  id: string;
  name: string;
  issuer: string;
  clientId: string;
  clientSecret: string;
  /** What the account is found by. The issuer promises that `sub` never names another person. */
  subjectOf: (sub: string) => string;
  /** Whether the issuer's users own their addresses, also where it does not say `email_verified`. */
  trustEmails: boolean;
}

/** Sign-in with an OpenID provider. @see https://openid.net/specs/openid-connect-core-1_0.html */
function openId({ id, name, issuer, clientId, clientSecret, subjectOf, trustEmails }: OpenIdProvider): OAuthConfig<IdToken> {
  return {
    id,
    name,
    type: 'oauth',
    clientId,
    clientSecret,
    idToken: true,
    checks: ['state', 'pkce', 'nonce'],
    wellKnown: `${issuer}/.well-known/openid-configuration`,
    authorization: { params: { scope: 'openid email profile' } },
    profile: ({ sub, email, email_verified, name: fullName }) => ({
      id: subjectOf(sub),
      email: email ?? null,
      emailVerified: email_verified === true || (trustEmails && email_verified === undefined),
      name: fullName ?? null,
    }),
  };
}

/** Google. @see https://developers.google.com/identity/openid-connect/openid-connect */
const google = (clientId: string, clientSecret: string) =>
  openId({
    ...{ id: 'google', name: 'Google', issuer: config().GOOGLE_ISSUER, clientId, clientSecret },
    subjectOf: (sub) => sub,
    trustEmails: false,
  });

/** The provider of the operator's own choice. Another issuer's `sub` is another person, so the issuer is part of it. */
function ownProvider(givenIssuer: string, clientId: string, clientSecret: string) {
  const issuer = givenIssuer.replace(/\/$/, '');
  const { OIDC_NAME: name, OIDC_TRUST_EMAILS: trustEmails } = config();
  return openId({ id: 'oidc', name, issuer, clientId, clientSecret, trustEmails, subjectOf: (sub) => `${issuer} ${sub}` });
}

/** The providers that are configured. */
// biome-ignore lint/suspicious/noExplicitAny: next-auth types its provider list this way
export function signInProviders(): OAuthConfig<any>[] {
  const {
    GITHUB_CLIENT_ID,
    GITHUB_CLIENT_SECRET,
    GOOGLE_CLIENT_ID,
    GOOGLE_CLIENT_SECRET,
    OIDC_ISSUER,
    OIDC_CLIENT_ID,
    OIDC_CLIENT_SECRET,
  } = config();
  return [
    ...(GITHUB_CLIENT_ID && GITHUB_CLIENT_SECRET ? [gitHub(GITHUB_CLIENT_ID, GITHUB_CLIENT_SECRET)] : []),
    ...(GOOGLE_CLIENT_ID && GOOGLE_CLIENT_SECRET ? [google(GOOGLE_CLIENT_ID, GOOGLE_CLIENT_SECRET)] : []),
    ...(OIDC_ISSUER && OIDC_CLIENT_ID && OIDC_CLIENT_SECRET ? [ownProvider(OIDC_ISSUER, OIDC_CLIENT_ID, OIDC_CLIENT_SECRET)] : []),
  ];
}
