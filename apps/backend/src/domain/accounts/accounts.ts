import { ADMIN_AGENT_LIMIT, AppError, type Plan, plans } from '@agentbot/contracts';
import type pg from 'pg';
import type { Config } from '../../config/config.ts';
import type { Subscription, User } from '../../generated/prisma/client.ts';
import { type Database, isUniqueViolation, type Transaction } from '../../infra/database/database.ts';
import { queryAs, type Statement } from '../../infra/database/query-as.ts';
import { SERVICE_ACCOUNT } from '../../shared/actor.ts';
import type { Clock } from '../../shared/clock.ts';
import { newId } from '../../shared/ids.ts';
import type { Callers } from './callers.ts';
import { checkPassword, hashPassword } from './password.ts';
import { beginSession } from './sessions.ts';
import { isPaid } from './subscription-status.ts';

/** An account with its roles and its effective plan. */
export interface Account {
  id: string;
  email: string;
  /** Whether the account may act for this address: in production the address must be verified. */
  emailTrusted: boolean;
  name: string | null;
  admin: boolean;
  /** Listed in TESTER_EMAILS: needs no subscription. */
  tester: boolean;
  /** An administrator has blocked the account. */
  blocked: boolean;
  /** An administrator took a granted plan away, and granted none since. */
  planWithdrawn: boolean;
  /** The largest of the granted plan and the paid plans; null without any. */
  plan: Plan | null;
}

/** An account after sign-in; `session` is the id of the new session. */
type SignedIn = Account & { session: string };

/** Key of an advisory lock. It serializes sign-ups, so that exactly one user becomes the first administrator. */
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

/** Whether the installation has an account. */
const hasAccounts = async (tx: Transaction) =>
  (await tx.user.findFirst({ where: { id: { not: SERVICE_ACCOUNT } }, select: { id: true } })) !== null;

/** Whether a person may open an account: `by` is `password`, or the provider of the identity. */
const maySignUp = ({ SIGN_UP }: Config, by: string) => SIGN_UP === 'open' || SIGN_UP === by;

/**
 * Creates an account. The first one of an installation is its administrator.
 * @param isAllowed whether an account may be created that is not the first
 * @throws AppError SIGN_UP_CLOSED
 */
export async function insertUser(tx: Transaction, data: NewUser, isAllowed: boolean): Promise<User> {
  await tx.$executeRaw`SELECT pg_advisory_xact_lock(${FIRST_ACCOUNT_LOCK})`;
  const isAdmin = !(await hasAccounts(tx));
  if (!isAdmin && !isAllowed) throw new AppError('SIGN_UP_CLOSED');
  return tx.user.create({ data: { id: newId('user'), ...data, isAdmin } });
}

/** @throws AppError EMAIL_TAKEN when an account with the address was to be created; else the error itself */
export function emailTaken(error: unknown): never {
  throw isUniqueViolation(error) ? new AppError('EMAIL_TAKEN') : error;
}

/** The plan with the highest rank. */
const largestPlan = (candidates: (Plan | null)[]): Plan | null =>
  candidates.reduce((best, plan) => (plan && (!best || plans[plan].rank > plans[best].rank) ? plan : best), null);

/**
 * Whether an account may act for its address. Production requires verification: sign-up with a password does not prove
 * that the user owns the address.
 */
const isEmailTrusted = ({ NODE_ENV }: Config, { emailVerifiedAt }: Pick<User, 'emailVerifiedAt'>) =>
  NODE_ENV !== 'production' || emailVerifiedAt !== null;

/** Whether a list of the operator (ADMIN_EMAILS, TESTER_EMAILS) contains the user's trusted address. */
const isListed = (config: Config, list: string[], user: Pick<User, 'email' | 'emailVerifiedAt'>) =>
  list.includes(user.email) && isEmailTrusted(config, user);

/** Whether the setting ADMIN_EMAILS makes a user an administrator. */
export const isAdministratorBySetting = (config: Config, user: Pick<User, 'email' | 'emailVerifiedAt'>) =>
  isListed(config, config.ADMIN_EMAILS, user);

/** Whether a user administers the installation: the first user, those made administrators, and each user in ADMIN_EMAILS. */
export const isAdministrator = (config: Config, user: Pick<User, 'email' | 'emailVerifiedAt' | 'isAdmin'>) =>
  user.isAdmin || isAdministratorBySetting(config, user);

type AccountRow = Pick<User, 'id' | 'email' | 'emailVerifiedAt' | 'name' | 'isAdmin' | 'plan' | 'blockedAt' | 'planWithdrawnAt'> & {
  subscriptions?: Pick<Subscription, 'plan' | 'status'>[] | null;
};

const accountStatement: Statement = {
  name: 'account',
  text: `SELECT id, email, email_verified_at AS "emailVerifiedAt", name, is_admin AS "isAdmin", plan,
    blocked_at AS "blockedAt", plan_withdrawn_at AS "planWithdrawnAt",
    (SELECT json_agg(json_build_object('plan', s.plan, 'status', s.status)) FROM subscriptions s WHERE s.owner_id = u.id) AS subscriptions
    FROM users u WHERE id = $1`,
};

/** Accounts: sign-up, sign-in, plans. */
export function createAccounts({
  database,
  pool,
  callers,
  config,
  clock,
}: {
  database: Database;
  pool: pg.Pool;
  callers: Callers;
  config: Config;
  clock: Clock;
}) {
  const view = (row: AccountRow): Account => ({
    id: row.id,
    email: row.email,
    emailTrusted: isEmailTrusted(config, row),
    name: row.name,
    admin: isAdministrator(config, row),
    tester: isListed(config, config.TESTER_EMAILS, row),
    blocked: row.blockedAt !== null,
    planWithdrawn: row.planWithdrawnAt !== null,
    plan: largestPlan([row.plan, ...(row.subscriptions ?? []).filter(isPaid).map(({ plan }) => plan)]),
  });

  return {
    /** Creates an account with a password. @throws AppError EMAIL_TAKEN, SIGN_UP_CLOSED */
    async register(input: { email: string; password: string; name?: string | undefined }): Promise<Account> {
      const passwordHash = await hashPassword(input.password);
      const data = { email: input.email, emailVerifiedAt: null, name: input.name ?? null, passwordHash };
      return view(await database.as('service', (tx) => insertUser(tx, data, maySignUp(config, 'password'))).catch(emailTaken));
    },

    /**
     * Signs in with an identity of an OAuth provider; the first sign-in creates an account. An existing account with the
     * same email is never linked: its creator may not own the address.
     * @throws AppError EMAIL_TAKEN, SIGN_UP_CLOSED, ACCOUNT_BLOCKED, UNAUTHORIZED when the provider has not verified the email
     */
    async signInWith(identity: ProviderIdentity, userAgent?: string): Promise<SignedIn> {
      const { provider, subject, email, emailVerified, name } = identity;
      async function findOrCreateUser(tx: Transaction): Promise<User> {
        const existing = await tx.identity.findUnique({ where: { provider_subject: { provider, subject } }, include: { owner: true } });
        if (existing) return existing.owner;
        if (!emailVerified) throw new AppError('UNAUTHORIZED', 'Your sign-in provider has not verified your email address');
        const data = { email, emailVerifiedAt: clock.now(), name, passwordHash: null };
        const user = await insertUser(tx, data, maySignUp(config, provider));
        await tx.identity.create({ data: { provider, subject, ownerId: user.id } });
        return user;
      }
      return database
        .as('service', async (tx) => {
          const user = await findOrCreateUser(tx);
          if (user.blockedAt) throw new AppError('ACCOUNT_BLOCKED');
          return { ...view(user), session: await beginSession(tx, clock, user.id, userAgent) };
        })
        .catch(emailTaken);
    },

    /** Whether anybody may open an account. The first one of an installation can always be opened. */
    async isSignUpOpen(): Promise<boolean> {
      return config.SIGN_UP === 'open' || !(await database.as('service', hasAccounts));
    },

    /** Signs in with a password. @throws AppError UNAUTHORIZED, the same for an unknown email and for a wrong password; ACCOUNT_BLOCKED */
    async signIn(input: { email: string; password: string }, userAgent?: string): Promise<SignedIn> {
      const refused = () => new AppError('UNAUTHORIZED', 'Wrong email or password');
      const row = await database.as('service', (tx) => tx.user.findUnique({ where: { email: input.email } }));
      if (!(await checkPassword(row?.passwordHash, input.password)) || !row) throw refused();
      return database.as('service', async (tx) => {
        // A password reset may commit during the check above: the old password must not open a session after it.
        const [current] = await tx.$queryRaw<{ blocked: boolean }[]>`
          SELECT blocked_at IS NOT NULL AS blocked FROM users WHERE id = ${row.id} AND password_hash = ${row.passwordHash} FOR SHARE`;
        if (!current) throw refused();
        // Only the owner of the password learns of the block.
        if (current.blocked) throw new AppError('ACCOUNT_BLOCKED');
        return { ...view(row), session: await beginSession(tx, clock, row.id, userAgent) };
      });
    },

    /** Reads an account with its plan. @throws AppError UNAUTHORIZED when the account no longer exists */
    async find(userId: string): Promise<Account> {
      const [row] = await queryAs<AccountRow>(pool, { userId }, accountStatement, [userId]);
      if (!row) throw new AppError('UNAUTHORIZED');
      return view(row);
    },

    /** Whether a user administers the installation. @throws AppError UNAUTHORIZED when the account no longer exists */
    async isAdmin(userId: string): Promise<boolean> {
      const row = await callers.users.read(userId, () => database.as({ userId }, (tx) => tx.user.findUnique({ where: { id: userId } })));
      if (!row) throw new AppError('UNAUTHORIZED');
      return isAdministrator(config, row);
    },

    /** Grants a plan without payment to a user by id or email. @throws AppError USER_NOT_FOUND */
    async grantPlan(user: string, plan: Plan): Promise<Account & { plan: Plan }> {
      const row = await database.as('service', async (tx) => {
        const where = user.includes('@') ? { email: user } : { id: user };
        const { count } = await tx.user.updateMany({ where, data: { plan, planWithdrawnAt: null } });
        if (count === 0) throw new AppError('USER_NOT_FOUND');
        const granted = await tx.user.findUniqueOrThrow({ where });
        // A plan that is granted by hand answers the user's open request.
        await tx.planRequest.updateMany({
          where: { ownerId: granted.id, state: 'open' },
          data: { state: 'granted', grantedPlan: plan, decidedAt: clock.now() },
        });
        return granted;
      });
      return { ...view(row), plan };
    },
  };
}

export type Accounts = ReturnType<typeof createAccounts>;

/** The maximum number of agents that an account may create through the dashboard. */
export function webAgentLimit(account: Account): number {
  if (account.admin) return ADMIN_AGENT_LIMIT;
  return account.plan ? plans[account.plan].webLimit : 1;
}
