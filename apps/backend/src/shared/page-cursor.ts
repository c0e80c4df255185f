import { AppError } from '@agentbot/contracts';

interface Placed {
  createdAt: Date;
  id: string;
}

/** Where the page after `row` begins, in a list that is ordered by time and id, newest first. */
export const cursorOf = ({ createdAt, id }: Placed) => Buffer.from(`${createdAt.getTime()}.${id}`).toString('base64url');

/** The rows after a cursor, as Prisma asks for them. @throws AppError INVALID_REQUEST for a cursor that no list gave */
export function afterCursor(cursor: string | undefined) {
  if (!cursor) return {};
  const [, time, id] = /^(\d{1,15})\.([A-Za-z0-9_-]{1,64})$/.exec(Buffer.from(cursor, 'base64url').toString()) ?? [];
  if (!time || !id) throw new AppError('INVALID_REQUEST', 'Invalid cursor');
  const createdAt = new Date(Number(time));
  return { OR: [{ createdAt: { lt: createdAt } }, { createdAt, id: { lt: id } }] };
}
