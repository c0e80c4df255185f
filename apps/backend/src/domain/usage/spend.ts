import { Prisma } from '../../generated/prisma/client.ts';
import type { Transaction } from '../../infra/database/database.ts';
import type { Clock } from '../../shared/clock.ts';

const DAY_MS = 24 * 3_600_000;

/** The amounts that an agent or an account spent, in micro-dollars. Days and months are UTC. */
export interface Spend {
  today: bigint;
  /** This month, today included. */
  month: bigint;
  /** The worst case of the calls that are running. */
  reserved: bigint;
}
const nothing: Spend = { today: 0n, month: 0n, reserved: 0n };

/** Midnight UTC, `days - 1` days ago. */
export function firstDay(clock: Clock, days: number): Date {
  const today = Math.floor(clock.now().getTime() / DAY_MS) * DAY_MS;
  return new Date(today - (days - 1) * DAY_MS);
}

/** A day as text: `2026-11-15`. */
export const dateOf = (day: Date): string => day.toISOString().slice(0, 10);

/** An amount in dollars. */
export const usd = (micros: bigint | null): number => Number(micros ?? 0n) / 1_000_000;

/**
 * What an account and its agents spent today and this month, in one query.
 * @returns the account's spend, the part of it with the installation's keys, and a function that returns an agent's
 */
export async function readSpend(tx: Transaction, clock: Clock, ownerId: string, agentIds: string[]) {
  const today = dateOf(firstDay(clock, 1));
  const rows = await tx.$queryRaw<({ subject: string; id: string } & Spend)[]>(Prisma.sql`
    SELECT subject, subject_id AS id, COALESCE(sum(spent_micros) FILTER (WHERE day = ${today}::date), 0)::bigint AS today,
      sum(spent_micros)::bigint AS month, sum(reserved_micros)::bigint AS reserved
    FROM spend_days
    WHERE day >= date_trunc('month', ${today}::date)::date
      AND ((subject IN ('account', 'allowance') AND subject_id = ${ownerId}) OR (subject = 'agent' AND subject_id = ANY(${agentIds})))
    GROUP BY subject, subject_id`);
  const spends = new Map(rows.map(({ subject, id, ...spend }) => [`${subject} ${id}`, spend]));
  return {
    account: spends.get(`account ${ownerId}`) ?? nothing,
    allowance: spends.get(`allowance ${ownerId}`) ?? nothing,
    ofAgent: (id: string): Spend => spends.get(`agent ${id}`) ?? nothing,
  };
}
