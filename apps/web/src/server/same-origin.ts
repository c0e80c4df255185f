import { config } from '../config.ts';

/**
 * Whether a state-changing request comes from this site. Agents' subdomains are other sites.
 * @see https://www.w3.org/TR/fetch-metadata/ Sec-Fetch-Site
 */
export function isSameOrigin(request: Request): boolean {
  const site = request.headers.get('sec-fetch-site');
  if (site && site !== 'same-origin' && site !== 'none') return false;
  const origin = request.headers.get('origin');
  if (!origin) return true;
  if (!URL.canParse(origin)) return false;
  const { host } = new URL(origin);
  const { NEXTAUTH_URL } = config();
  return host === request.headers.get('host') || Boolean(NEXTAUTH_URL && host === new URL(NEXTAUTH_URL).host);
}
