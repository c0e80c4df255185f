import { ApiError, type Output } from '@agentbot/contracts/client';
import { addressOf } from '../api.ts';

/** A page of the audit log; where it goes on stands in the `Link` header. @throws ApiError */
export async function readAuditPage(cursor: string | undefined) {
  const response = await fetch(`${addressOf('listAudit')}?limit=50${cursor ? `&cursor=${cursor}` : ''}`);
  const body = await response.json().catch(() => ({}));
  if (!response.ok) throw new ApiError(response.status, body);
  const [, next] = /[?&]cursor=([\w-]+)>; rel="next"/.exec(response.headers.get('link') ?? '') ?? [];
  return { entries: (body as Output<'listAudit', 'web'>).entries, next };
}
