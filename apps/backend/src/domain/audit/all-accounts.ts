import { type AccountAuditEntry, type AccountAuditFilters, AppError, type Page } from '@agentbot/contracts';
import type { AuditEntry } from '../../generated/prisma/client.ts';
import type { Transaction } from '../../infra/database/database.ts';
import type { Download } from '../../shared/streams.ts';
import type { Context } from '../context.ts';
import { namesOf, viewOf, whereOf } from './audit-entries.ts';
import { auditFile, BATCH, columnsOf } from './audit-file.ts';
import { REGISTER } from './verify-audit.ts';

type Slice = Pick<Context, 'database'>;

/** The condition of the entries that match all given filters. The register of chains belongs to no account. */
async function whereOfAccounts(tx: Transaction, { account, ...filters }: AccountAuditFilters) {
  if (!account) return { ...whereOf(filters), ownerId: { not: REGISTER } };
  // The log of a deleted account is kept: only its id finds it.
  const found = account.includes('@') && (await tx.user.findUnique({ where: { email: account }, select: { id: true } }));
  return { ...whereOf(filters), ownerId: found ? found.id : account };
}

/** The place of an entry in the list of all accounts, which is sorted by time, account and number. */
type Place = Pick<AuditEntry, 'at' | 'ownerId' | 'seq'>;
const sorted = (order: 'asc' | 'desc') => [{ at: order }, { ownerId: order }, { seq: order }];

/** The condition of the entries before (`lt`) or after (`gt`) a place. */
function beside(side: 'lt' | 'gt', place: Place | undefined) {
  if (!place) return {};
  const { at, ownerId, seq } = place;
  return {
    // The index on the time begins here.
    at: { [`${side}e`]: at },
    OR: [{ at: { [side]: at } }, { at, ownerId: { [side]: ownerId } }, { at, ownerId, seq: { [side]: seq } }],
  };
}

const cursorOf = ({ at, ownerId, seq }: Place) => Buffer.from(`${at.getTime()}.${seq}.${ownerId}`).toString('base64url');

/** @throws AppError INVALID_REQUEST for a cursor that is not from this list */
function placeOf(cursor: string | undefined): Place | undefined {
  if (!cursor) return undefined;
  const pattern = /^(?<time>\d{1,15})\.(?<seq>\d{1,15})\.(?<ownerId>[A-Za-z0-9_-]{1,64})$/;
  const { time, seq, ownerId } = pattern.exec(Buffer.from(cursor, 'base64url').toString())?.groups ?? {};
  if (!seq || !ownerId) throw new AppError('INVALID_REQUEST', 'Invalid cursor');
  return { at: new Date(Number(time)), seq: BigInt(seq), ownerId };
}

/** The emails of the accounts of entries, by id; a deleted account has none. */
async function emailsOf(tx: Transaction, rows: readonly AuditEntry[]): Promise<Map<string, string>> {
  const ids = new Set(rows.map(({ ownerId }) => ownerId));
  const users = await tx.user.findMany({ where: { id: { in: [...ids] } }, select: { id: true, email: true } });
  return new Map(users.map(({ id, email }) => [id, email]));
}

/** A page of the audit logs of all accounts, newest first. @throws AppError INVALID_REQUEST for a malformed cursor */
export async function listAllAudit(
  { database }: Slice,
  { limit, cursor, ...filters }: Page & AccountAuditFilters & { limit: number },
): Promise<{ entries: AccountAuditEntry[]; next: string | null; status: 'ok' }> {
  const place = placeOf(cursor);
  return database.as('service', async (tx) => {
    const where = { AND: [await whereOfAccounts(tx, filters), beside('lt', place)] };
    const rows = await tx.auditEntry.findMany({ where, orderBy: sorted('desc'), take: limit + 1 });
    const page = rows.slice(0, limit);
    const [names, emails] = [await namesOf(tx, page), await emailsOf(tx, page)];
    const entries = page.map((row) => ({
      ...viewOf(row),
      agentName: names.get(row.agentId) ?? null,
      accountId: row.ownerId,
      accountEmail: emails.get(row.ownerId) ?? null,
    }));
    const last = page.at(-1);
    return { entries, next: rows.length > limit && last ? cursorOf(last) : null, status: 'ok' };
  });
}

/** The audit logs of all accounts, or the entries that match the filters, as a file. */
export function exportAllAudit(
  { database }: Slice,
  { format, ...filters }: AccountAuditFilters & { format: 'ndjson' | 'csv' },
): Promise<Download> {
  return auditFile({
    format,
    columns: columnsOf.all,
    read: (after: { row: AuditEntry } | undefined) =>
      database.as('service', async (tx) => {
        const where = { AND: [await whereOfAccounts(tx, filters), beside('gt', after?.row)] };
        const rows = await tx.auditEntry.findMany({ where, orderBy: sorted('asc'), take: BATCH });
        const emails = await emailsOf(tx, rows);
        return rows.map((row) => ({ row, accountEmail: emails.get(row.ownerId) ?? null }));
      }),
    viewOf: ({ row, accountEmail }) => ({ ...viewOf(row), accountId: row.ownerId, accountEmail }),
  });
}
