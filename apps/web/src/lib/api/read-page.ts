import { ApiError, type Output } from '@agentbot/contracts/client';
import { urlOf } from './client.ts';

/**
 * Reads one page of a list whose `Link` header names the next page.
 * @param cursor of the page; undefined for the first
 * @param query the filters of the list
 * @param values of the path parameters, in order
 * @returns the page, and the cursor of the next one
 * @throws ApiError when the status is not 2xx
 */
export async function readPage<Id extends 'listAudit' | 'listOperations'>(
  id: Id,
  cursor: string | undefined,
  { query, values = [] }: { query?: Record<string, string>; values?: string[] },
): Promise<Output<Id, 'web'> & { next: string | undefined }> {
  const response = await fetch(`${urlOf(id, ...values)}?${new URLSearchParams({ ...query, limit: '50', ...(cursor && { cursor }) })}`);
  const body = await response.json().catch(() => ({}));
  if (!response.ok) throw new ApiError(response.status, body);
  const [, next] = /[?&]cursor=([\w-]+)>; rel="next"/.exec(response.headers.get('link') ?? '') ?? [];
  return { ...body, next };
}
