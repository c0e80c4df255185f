import { headers } from 'next/headers';

/** The nonce of the page's Content-Security-Policy, for a script of the page's own. */
export async function pageNonce(): Promise<string | undefined> {
  const policy = (await headers()).get('content-security-policy') ?? '';
  return /'nonce-([^']+)'/.exec(policy)?.[1];
}
