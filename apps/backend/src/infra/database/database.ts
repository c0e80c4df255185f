import { PrismaPg } from '@prisma/adapter-pg';
import { type Prisma, PrismaClient } from '../../generated/prisma/client.ts';
import { settingsOf, type Tenant } from '../../shared/actor.ts';

export type Transaction = Prisma.TransactionClient;

/** Connection option that gives every session the application's role, independent of the login. */
export const APPLICATION_ROLE = '-c role=agentbot_app';

/**
 * Connects to the database. Every session runs as `agentbot_app`, which owns no table; outside `as` the row-level
 * policies hide every tenant's row.
 * @throws Error when Postgres cannot be reached or refuses the login
 */
export async function openDatabase(connectionString: string) {
  const adapter = new PrismaPg({ connectionString, options: APPLICATION_ROLE, max: 20 });
  const prisma = new PrismaClient({ adapter, transactionOptions: { maxWait: 15_000, timeout: 30_000 } });
  await prisma.$connect();

  return {
    /** Runs `work` in one transaction that reads and writes only rows of `tenant`. */
    as<T>(tenant: Tenant, work: (tx: Transaction) => Promise<T>): Promise<T> {
      return prisma.$transaction(async (tx) => {
        const [userId, actor, agentId] = settingsOf(tenant);
        await tx.$executeRaw`SELECT set_config('app.user_id', ${userId}, true), set_config('app.actor', ${actor}, true),
          set_config('app.agent_id', ${agentId}, true)`;
        return work(tx);
      });
    },
    /** Access to tables without tenants: used assertions, leases. */
    untenanted: prisma as Pick<PrismaClient, 'usedAssertion' | '$queryRaw'>,
    close: () => prisma.$disconnect(),
  };
}

export type Database = Awaited<ReturnType<typeof openDatabase>>;

/** Tells whether an error is Prisma's error for a violated unique constraint. */
export function isUniqueViolation(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'P2002';
}
