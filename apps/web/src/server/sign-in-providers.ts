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

interface GoogleProfile {
  sub: string;
  email?: string;
  email_verified?: boolean;
  name?: string;
}

/** Sign-in with Google. @see https://developers.google.com/identity/openid-connect/openid-connect */
function google(clientId: string, clientSecret: string): OAuthConfig<GoogleProfile> {
  return {
    id: 'google',
    name: 'Google',
    type: 'oauth',
    clientId,
    clientSecret,
    idToken: true,
    checks: ['state', 'pkce', 'nonce'],
    wellKnown: `${config().GOOGLE_ISSUER}/.well-known/openid-configuration`,
    authorization: { params: { scope: 'openid email profile' } },
    profile: ({ sub, email, email_verified, name }) => ({
      id: sub,
      email: email ?? null,
      emailVerified: email_verified === true,
      name: name ?? null,
    }),
  };
}

/** The providers that are configured. */
// biome-ignore lint/suspicious/noExplicitAny: next-auth types its provider list this way
export function signInProviders(): OAuthConfig<any>[] {
  const { GITHUB_CLIENT_ID, GITHUB_CLIENT_SECRET, GOOGLE_CLIENT_ID, GOOGLE_CLIENT_SECRET } = config();
  return [
    ...(GITHUB_CLIENT_ID && GITHUB_CLIENT_SECRET ? [gitHub(GITHUB_CLIENT_ID, GITHUB_CLIENT_SECRET)] : []),
    ...(GOOGLE_CLIENT_ID && GOOGLE_CLIENT_SECRET ? [google(GOOGLE_CLIENT_ID, GOOGLE_CLIENT_SECRET)] : []),
  ];
}
