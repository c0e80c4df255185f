import { ApiError, type Output } from '@agentbot/contracts/client';
import { addressOf } from './client.ts';

/**
 * A page of a list that tells in its `Link` header where it goes on.
 * @param values of the path's parameters, in order
 * @throws ApiError
 */
export async function readPage<Id extends 'listAudit' | 'listOperations'>(
  id: Id,
  cursor: string | undefined,
  ...values: string[]
): Promise<Output<Id, 'web'> & { next: string | undefined }> {
  const response = await fetch(`${addressOf(id, ...values)}?${new URLSearchParams({ limit: '50', ...(cursor && { cursor }) })}`);
  const body = await response.json().catch(() => ({}));
  if (!response.ok) throw new ApiError(response.status, body);
  const [, next] = /[?&]cursor=([\w-]+)>; rel="next"/.exec(response.headers.get('link') ?? '') ?? [];
  return { ...body, next };
}
