import { headers } from 'next/headers';

/** The request header in which `proxy.ts` gives the requested page to the server components. It replaces a header of the client. */
export const PATH_HEADER = 'x-requested-path';

/** The path and query of a page's address, without the parameter that Next adds to its own requests. */
export function pathOf({ pathname, searchParams }: Pick<URL, 'pathname' | 'searchParams'>): string {
  const query = new URLSearchParams(searchParams);
  query.delete('_rsc');
  return query.size > 0 ? `${pathname}?${query}` : pathname;
}

/** The page that the browser asked for. */
export const requestedPath = async (): Promise<string> => (await headers()).get(PATH_HEADER) ?? '/';
