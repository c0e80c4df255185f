import type { Page } from '@agentbot/contracts';

/**
 * Sets the `Link` header with `rel="next"`, relative to the request and with its filters, when the list has another page.
 * @see https://www.rfc-editor.org/rfc/rfc8288
 */
export function nextPage(
  header: (name: string, value: string) => void,
  { cursor: _cursor, ...query }: Page & Record<string, string | number | undefined>,
  { next }: { next?: string },
): void {
  if (!next) return;
  const filters = Object.entries(query).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, String(value)] as [string, string]],
  );
  header('Link', `<?${new URLSearchParams([...filters, ['cursor', next]])}>; rel="next"`);
}
