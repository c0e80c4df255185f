import { type Route, routes } from '@agentbot/contracts';
import { type NextRequest, NextResponse } from 'next/server';

const known = Object.values<Route>(routes).flatMap((route) =>
  route.web ? [{ method: route.method, pattern: new RegExp(`^${route.web.path.replace(/:[A-Za-z]+/g, '[^/]+')}$`) }] : [],
);

/** Unknown API paths and methods answer JSON, as everything under /api does. */
export function proxy(request: NextRequest): NextResponse {
  const { pathname } = request.nextUrl;
  if (pathname.startsWith('/api/auth/')) return NextResponse.next();
  const here = known.filter(({ pattern }) => pattern.test(pathname));
  if (here.length === 0) return NextResponse.json({ error: 'Not found' }, { status: 404 });
  const methods = here.map(({ method }): string => method);
  if (methods.includes(request.method === 'HEAD' ? 'GET' : request.method)) return NextResponse.next();
  return NextResponse.json({ error: 'Method not allowed' }, { status: 405, headers: { allow: methods.join(', ') } });
}

export const config = { matcher: '/api/:path*' };
