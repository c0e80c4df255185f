import { type Route, routes } from '@agentbot/contracts';
import { type NextRequest, NextResponse } from 'next/server';
import { withoutInvalidCallback } from './server/callback-url.ts';
import { contentSecurityPolicy } from './server/content-security-policy.ts';
import { PATH_HEADER, pathOf } from './server/requested-path.ts';

const known = Object.values<Route>(routes).flatMap((route) =>
  route.web ? [{ method: route.method, pattern: new RegExp(`^${route.web.path.replace(/:[A-Za-z]+/g, '[^/]+')}$`) }] : [],
);
/** The paths of next-auth. @see https://next-auth.js.org/getting-started/rest-api */
const nextAuth =
  /^\/api\/auth\/(csrf|session|providers|error|signout|_log|(signin|callback)(\/(credentials|passkey|github|google|oidc))?)$/;

const refuse = (status: number, error: string, headers?: HeadersInit) =>
  NextResponse.json({ error }, { status, headers: { 'cache-control': 'no-store', ...headers } });

function isDecodable(pathname: string): boolean {
  try {
    decodeURIComponent(pathname);
    return true;
  } catch {
    return false;
  }
}

const pass = (request: NextRequest) => NextResponse.next({ request: { headers: withoutInvalidCallback(request) } });

/**
 * Adds a Content-Security-Policy with a new nonce, which Next reads from the request and sets on its scripts, and the path, which
 * layouts do not know otherwise.
 */
function page(request: NextRequest): NextResponse {
  const policy = contentSecurityPolicy(btoa(crypto.randomUUID()));
  const headers = withoutInvalidCallback(request);
  headers.set('content-security-policy', policy);
  headers.set(PATH_HEADER, pathOf(request.nextUrl));
  const response = NextResponse.next({ request: { headers } });
  response.headers.set('content-security-policy', policy);
  return response;
}

/** Adds the policy to pages. Answers unknown API paths and methods with JSON errors. */
export function proxy(request: NextRequest): NextResponse {
  const { pathname } = request.nextUrl;
  if (!pathname.startsWith('/api/')) return page(request);
  if (nextAuth.test(pathname)) return pass(request);
  const here = known.filter(({ pattern }) => pattern.test(pathname));
  if (here.length === 0 || !isDecodable(pathname)) return refuse(404, 'Not found');
  const methods = here.map(({ method }): string => method);
  if (methods.includes(request.method === 'HEAD' ? 'GET' : request.method)) return pass(request);
  return refuse(405, 'Method not allowed', { allow: methods.join(', ') });
}

/** All paths except Next's own files. */
export const config = { matcher: '/((?!_next/static|_next/image|icon.svg).*)' };
