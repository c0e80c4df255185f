import { ADMIN_AGENT_LIMIT, AppError, type Plan, plans } from '@agentbot/contracts';
import type { Config } from '../../config/config.ts';
import type { Subscription, User } from '../../generated/prisma/client.ts';
import { type Database, isUniqueViolation, type Transaction } from '../../infra/database/database.ts';
import { SERVICE_ACCOUNT } from '../../shared/actor.ts';
import { newId } from '../../shared/ids.ts';
import { checkPassword, hashPassword } from './password.ts';
import { beginSession } from './sessions.ts';
import { isPaid } from './subscription-status.ts';

/** A verified account with what it is entitled to. */
export interface Account {
  id: string;
  email: string;
  /** Whether the address may be taken for theirs. */
  emailIsTheirs: boolean;
  name: string | null;
  admin: boolean;
  /** Named in TESTER_EMAILS: needs no subscription. */
  tester: boolean;
  plan: Plan | null;
}

/** An account that has just signed in, with the id of its new session. */
type SignedIn = Account & { session: string };

/** Any number will do; it serializes sign-ups, so that exactly one of them is the first. */
const FIRST_ACCOUNT_LOCK = 4_217_001;

interface ProviderIdentity {
  provider: string;
  subject: string;
  email: string;
  emailVerified: boolean;
  name: string | null;
}

interface NewUser {
  email: string;
  emailVerifiedAt: Date | null;
  name: string | null;
  passwordHash: string | null;
}

async function insertUser(tx: Transaction, data: NewUser) {
  await tx.$executeRaw`SELECT pg_advisory_xact_lock(${FIRST_ACCOUNT_LOCK})`;
  const isAdmin = (await tx.user.count({ where: { id: { not: SERVICE_ACCOUNT } } })) === 0;
  return tx.user.create({ data: { id: newId('user'), ...data, isAdmin } });
}

function emailTaken(error: unknown): never {
  throw isUniqueViolation(error) ? new AppError('EMAIL_TAKEN') : error;
}

/** The largest of some plans, one that was granted and those that are paid for. */
const largest = (held: (Plan | null)[]): Plan | null =>
  held.reduce((best, plan) => (plan && (!best || plans[plan].rank > plans[best].rank) ? plan : best), null);

/**
 * Whether an account's address may be taken for its owner's. In production it must be known to be: anybody can open an
 * account with a password and somebody else's address.
 */
const isTheirs = ({ NODE_ENV }: Config, { emailVerifiedAt }: Pick<User, 'emailVerifiedAt'>) =>
  NODE_ENV !== 'production' || emailVerifiedAt !== null;

/** Whether one of the operator's lists names a user. */
const isListed = (config: Config, list: string[], user: Pick<User, 'email' | 'emailVerifiedAt'>) =>
  list.includes(user.email) && isTheirs(config, user);

/** Whether a user administers the installation: the first one, and those whom ADMIN_EMAILS names. */
export const isAdministrator = (config: Config, user: Pick<User, 'email' | 'emailVerifiedAt' | 'isAdmin'>) =>
  user.isAdmin || isListed(config, config.ADMIN_EMAILS, user);

/** Accounts: sign-up, sign-in, plans. */
export function createAccounts({ database, config }: { database: Database; config: Config }) {
  const view = (row: User & { subscriptions?: Subscription[] }): Account => ({
    id: row.id,
    email: row.email,
    emailIsTheirs: isTheirs(config, row),
    name: row.name,
    admin: isAdministrator(config, row),
    tester: isListed(config, config.TESTER_EMAILS, row),
    plan: largest([row.plan, ...(row.subscriptions ?? []).filter(isPaid).map(({ plan }) => plan)]),
  });

  return {
    /** @throws AppError EMAIL_TAKEN */
    async register(input: { email: string; password: string; name?: string | undefined }): Promise<Account> {
      const passwordHash = await hashPassword(input.password);
      const data = { email: input.email, emailVerifiedAt: null, name: input.name ?? null, passwordHash };
      return view(await database.as('service', (tx) => insertUser(tx, data)).catch(emailTaken));
    },

    /**
     * Signs in somebody whom a provider knows; the first time opens an account. An account with that email is not theirs
     * for the asking: whoever opened it may not have owned the address.
     * @throws AppError EMAIL_TAKEN, UNAUTHORIZED when the provider has not verified the email
     */
    async signInWith(identity: ProviderIdentity, userAgent?: string): Promise<SignedIn> {
      const { provider, subject, email, emailVerified, name } = identity;
      async function find(tx: Transaction): Promise<User> {
        const known = await tx.identity.findUnique({ where: { provider_subject: { provider, subject } }, include: { owner: true } });
        if (known) return known.owner;
        if (!emailVerified) throw new AppError('UNAUTHORIZED', 'Your email is not verified there');
        const user = await insertUser(tx, { email, emailVerifiedAt: new Date(), name, passwordHash: null });
        await tx.identity.create({ data: { provider, subject, ownerId: user.id } });
        return user;
      }
      return database
        .as('service', async (tx) => {
          const user = await find(tx);
          return { ...view(user), session: await beginSession(tx, user.id, userAgent) };
        })
        .catch(emailTaken);
    },

    /** Signs in with a password. @throws AppError UNAUTHORIZED for an unknown email as for a wrong password */
    async signIn(input: { email: string; password: string }, userAgent?: string): Promise<SignedIn> {
      const wrong = () => new AppError('UNAUTHORIZED', 'Wrong email or password');
      const row = await database.as('service', (tx) => tx.user.findUnique({ where: { email: input.email } }));
      if (!(await checkPassword(row?.passwordHash, input.password)) || !row) throw wrong();
      return database.as('service', async (tx) => {
        // A reset may have replaced the password while it was checked: the old one must begin no session after that.
        const [current] = await tx.$queryRaw<unknown[]>`
          SELECT 1 FROM users WHERE id = ${row.id} AND password_hash = ${row.passwordHash} FOR SHARE`;
        if (!current) throw wrong();
        return { ...view(row), session: await beginSession(tx, row.id, userAgent) };
      });
    },

    /** @throws AppError UNAUTHORIZED when the account is gone */
    async find(userId: string): Promise<Account> {
      const row = await database.as({ userId }, (tx) => tx.user.findUnique({ where: { id: userId }, include: { subscriptions: true } }));
      if (!row) throw new AppError('UNAUTHORIZED');
      return view(row);
    },

    /** Grants a plan without payment to a user by id or email. @throws AppError USER_NOT_FOUND */
    async grantPlan(user: string, plan: Plan): Promise<Account & { plan: Plan }> {
      const row = await database.as('service', async (tx) => {
        const where = user.includes('@') ? { email: user } : { id: user };
        const { count } = await tx.user.updateMany({ where, data: { plan } });
        if (count === 0) throw new AppError('USER_NOT_FOUND');
        return tx.user.findUniqueOrThrow({ where });
      });
      return { ...view(row), plan };
    },
  };
}

export type Accounts = ReturnType<typeof createAccounts>;

/** How many agents an account may have through the dashboard. */
export function webAgentLimit(account: Account): number {
  if (account.admin) return ADMIN_AGENT_LIMIT;
  return account.plan ? plans[account.plan].webLimit : 1;
}
