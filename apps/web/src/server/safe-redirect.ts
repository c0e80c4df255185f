/**
 * The address that next-auth redirects to. Anything but an address of the dashboard becomes the dashboard's own; next-auth's default
 * fails on an address that does not parse.
 */
export function safeRedirect({ url, baseUrl }: { url: string; baseUrl: string }): string {
  const target = URL.parse(url, baseUrl);
  return target?.origin === new URL(baseUrl).origin ? target.href : baseUrl;
}
