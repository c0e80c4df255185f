import { config } from '../config.ts';

/**
 * Whether a state-changing request comes from this site, NEXTAUTH_URL. Agents' subdomains are other sites.
 * @see https://www.w3.org/TR/fetch-metadata/ Sec-Fetch-Site
 */
export function isSameOrigin(request: Request): boolean {
  const site = request.headers.get('sec-fetch-site');
  if (site && site !== 'same-origin' && site !== 'none') return false;
  const origin = request.headers.get('origin');
  if (!origin) return true;
  if (!URL.canParse(origin)) return false;
  const { NEXTAUTH_URL } = config();
  // The Host header is the client's: a name that an attacker points at this server would be its own origin.
  if (NEXTAUTH_URL) return new URL(origin).origin === new URL(NEXTAUTH_URL).origin;
  return new URL(origin).host === request.headers.get('host');
}
