import { AppError } from '@agentbot/contracts';

interface Row {
  createdAt: Date;
  id: string;
}

/** The cursor of the page after a row, in a list sorted by time and id, newest first. */
export const cursorOf = ({ createdAt, id }: Row) => Buffer.from(`${createdAt.getTime()}.${id}`).toString('base64url');

/** The row that a cursor names; undefined without one. @throws AppError INVALID_REQUEST for a cursor that is not from a list */
export function parseCursor(cursor: string | undefined): Row | undefined {
  if (!cursor) return undefined;
  const { time, id } = /^(?<time>\d{1,15})\.(?<id>[A-Za-z0-9_-]{1,64})$/.exec(Buffer.from(cursor, 'base64url').toString())?.groups ?? {};
  if (!id) throw new AppError('INVALID_REQUEST', 'Invalid cursor');
  return { createdAt: new Date(Number(time)), id };
}

/** The Prisma filter for the rows after a cursor. @throws AppError INVALID_REQUEST for a cursor that is not from a list */
export function afterCursor(cursor: string | undefined) {
  const row = parseCursor(cursor);
  if (!row) return {};
  const { createdAt, id } = row;
  return { OR: [{ createdAt: { lt: createdAt } }, { createdAt, id: { lt: id } }] };
}
