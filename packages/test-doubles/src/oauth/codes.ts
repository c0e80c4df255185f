import { createHash, randomBytes } from 'node:crypto';

/** What an authorization code was given for. */
export interface Grant<Person> {
  person: Person;
  clientId: string;
  redirectUri: string;
  scope: string;
  challenge?: string | undefined;
  nonce?: string | undefined;
}

/**
 * Authorization codes: each is valid once and for ten minutes (RFC 6749, section 4.1.2), with the verifier of its challenge
 * alone (RFC 7636, section 4.6).
 */
export function createCodes<Person>() {
  const codes = new Map<string, Grant<Person> & { expiresAt: number }>();
  const LIFETIME_MS = 600_000;

  return {
    issue(grant: Grant<Person>): string {
      const code = randomBytes(20).toString('hex');
      codes.set(code, { ...grant, expiresAt: Date.now() + LIFETIME_MS });
      return code;
    },
    /** Makes every code that was issued so far expire. */
    expireAll(): void {
      for (const each of codes.values()) each.expiresAt = 0;
    },
    /** @returns the grant, or the error; both consume the code */
    redeem(form: URLSearchParams, clientId: string): Grant<Person> | 'code' | 'redirect_uri' | 'code_verifier' {
      const grant = codes.get(form.get('code') ?? '');
      codes.delete(form.get('code') ?? '');
      if (!grant || grant.expiresAt < Date.now() || grant.clientId !== clientId) return 'code';
      if (form.get('redirect_uri') !== grant.redirectUri) return 'redirect_uri';
      const verifier = form.get('code_verifier');
      const hash = verifier === null ? undefined : createHash('sha256').update(verifier).digest('base64url');
      // A verifier without a challenge is refused too: an attacker may have removed the challenge (RFC 9700, section 2.1.1).
      if (hash !== grant.challenge || (verifier !== null && !/^[\w.~-]{43,128}$/.test(verifier))) return 'code_verifier';
      return grant;
    },
  };
}

/** The client's id and secret, from `Authorization: Basic` or from the form (RFC 6749, section 2.3.1). */
export function clientOf(authorization: string | undefined, form: URLSearchParams): { id: string; secret: string } {
  const [, basic] = /^Basic (.+)$/i.exec(authorization ?? '') ?? [];
  if (!basic) return { id: form.get('client_id') ?? '', secret: form.get('client_secret') ?? '' };
  const pair = Buffer.from(basic, 'base64').toString();
  const colon = pair.indexOf(':');
  const decode = (text: string) => decodeURIComponent(text.replaceAll('+', ' '));
  return { id: decode(pair.slice(0, colon)), secret: decode(pair.slice(colon + 1)) };
}

/** The challenge of a request: absent, or one of S256. @returns null for another method, or for a malformed challenge */
export function challengeOf(query: URLSearchParams): string | undefined | null {
  const challenge = query.get('code_challenge');
  if (challenge === null) return undefined;
  return query.get('code_challenge_method') === 'S256' && /^[\w-]{43}$/.test(challenge) ? challenge : null;
}

/** The address to return to, with the answer's parameters and the request's state. */
export function redirectTo(address: string, answer: Record<string, string>, state: string | null): string {
  const back = new URL(address);
  for (const [name, value] of Object.entries(answer)) back.searchParams.set(name, value);
  if (state !== null) back.searchParams.set('state', state);
  return back.href;
}
