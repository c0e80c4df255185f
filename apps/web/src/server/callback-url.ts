import type { NextRequest } from 'next/server';

const COOKIES = ['next-auth.callback-url', '__Secure-next-auth.callback-url'];

/** Whether next-auth accepts a callbackUrl; for any other one it answers 500. An empty one counts as none. */
export function isCallbackUrl(text: string, origin: string): boolean {
  const url = URL.parse(text, text.startsWith('/') ? origin : undefined);
  return text === '' || url?.protocol === 'http:' || url?.protocol === 'https:';
}

/**
 * The request's headers without a callback cookie that next-auth refuses: with one, it would answer 500 to every request, and no
 * page could read the session. Other cookies stay.
 */
export function withoutInvalidCallback(request: NextRequest): Headers {
  const { cookies, nextUrl } = request;
  const invalid = COOKIES.filter((name) => !isCallbackUrl(cookies.get(name)?.value ?? '', nextUrl.origin));
  if (invalid.length > 0) cookies.delete(invalid);
  return new Headers(request.headers);
}
