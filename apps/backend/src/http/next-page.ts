import type { Page } from '@agentbot/contracts';

/** Tells where a list goes on, as a `Link` header with `rel="next"` relative to the request (RFC 8288). */
export function nextPage(header: (name: string, value: string) => void, { limit }: Page, { next }: { next?: string }): void {
  if (next) header('Link', `<?limit=${limit}&cursor=${next}>; rel="next"`);
}
