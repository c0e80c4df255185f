const HOME = '/agents';
/** An origin that no address in a path can have: it shows whether a path leads elsewhere. */
const ORIGIN = 'http://here.invalid';

/**
 * The page to open after a sign-in. Only a path of the dashboard is accepted: the sign-in page's address contains it, so anybody
 * can write it.
 */
export function returnPath(wanted: string | undefined): string {
  if (!wanted?.startsWith('/')) return HOME;
  const url = URL.parse(wanted, ORIGIN);
  // `/.//host` has a path that itself begins with two slashes: a browser would take it for a host.
  if (url?.origin !== ORIGIN || url.pathname.startsWith('//') || /^\/(api|signin|signup|forgot|reset)(\/|$)/.test(url.pathname))
    return HOME;
  return url.pathname + url.search + url.hash;
}

/** The address of a page for people who are not signed in, which then leads to `path`. */
export function withReturnPath(page: '/signin' | '/signup', path: string): string {
  const target = returnPath(path);
  return target === HOME || target === '/' ? page : `${page}?callbackUrl=${encodeURIComponent(target)}`;
}
