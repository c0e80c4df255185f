import type { Page } from '@agentbot/contracts';

/** Tells where a list goes on, as a `Link` header with `rel="next"` relative to the request, with its filters (RFC 8288). */
export function nextPage(
  header: (name: string, value: string) => void,
  { cursor: _here, ...query }: Page & Record<string, string | number | undefined>,
  { next }: { next?: string },
): void {
  if (!next) return;
  const given = Object.entries(query).flatMap(([name, value]) => (value === undefined ? [] : [[name, String(value)] as [string, string]]));
  header('Link', `<?${new URLSearchParams([...given, ['cursor', next]])}>; rel="next"`);
}
