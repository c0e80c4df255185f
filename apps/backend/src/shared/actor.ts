import { AppError, type Facade, type Scope } from '@agentbot/contracts';

/** An API key and its rights. */
export interface KeyGrant {
  id: string;
  scopes: readonly Scope[];
  /** The only agent that the key may access; undefined for all agents of its owner. */
  agentId: string | undefined;
  expiresAt: Date | null;
}
/** The browser session that a request comes from. */
export interface SessionGrant {
  id: string;
  expiresAt: Date;
}
/** A user, authenticated by a session, by an API key, or named by a client with the internal key. */
export interface UserActor {
  kind: 'user';
  userId: string;
  credential: 'session' | 'apiKey' | 'internal';
  /** Set when `credential` is `apiKey`. */
  key?: KeyGrant;
  /** Set when `credential` is `session`. */
  session?: SessionGrant;
  /** The facade that gives the shape and status of the response. */
  facade: Facade;
}
/** A client with the internal key that names no user. */
export interface ServiceActor {
  kind: 'service';
  facade: 'backend';
}
/** The web app itself, without a user: sign-up, sign-in, health. */
export interface WebActor {
  kind: 'web';
  facade: 'web';
}
export type Actor = UserActor | ServiceActor | WebActor;

/** The tenant of a transaction: a user, one agent of a user, or the platform itself (jobs, the internal key, the reconciler). */
export type Tenant = { userId: string; agentId?: string | undefined } | 'service';

/** The settings of a transaction for a tenant: `app.user_id`, `app.actor`, `app.agent_id`. The row-level policies read them. */
export const settingsOf = (tenant: Tenant): [userId: string, actor: string, agentId: string] =>
  tenant === 'service' ? ['', 'service', ''] : [tenant.userId, 'user', tenant.agentId ?? ''];

/** The tenant whose rows an actor may access. @throws AppError UNAUTHORIZED for the web app without a user */
export function tenantOf(actor: Actor): Tenant {
  if (actor.kind === 'user') return { userId: actor.userId, agentId: actor.key?.agentId };
  if (actor.kind === 'service') return 'service';
  throw new AppError('UNAUTHORIZED');
}

/** The account that owns resources created with the internal key when no user is named. */
export const SERVICE_ACCOUNT = 'service';

/** The account that an actor acts for. @throws AppError UNAUTHORIZED for the web app without a user */
export function userOf(actor: Actor): string {
  if (actor.kind === 'user') return actor.userId;
  if (actor.kind === 'service') return SERVICE_ACCOUNT;
  throw new AppError('UNAUTHORIZED');
}

/** Whether an actor may see rows of the account, and not those of one agent alone. */
export const seesAccount = (actor: Actor): boolean => actor.kind !== 'user' || actor.key?.agentId === undefined;

/** Whether the request carries the internal key. Plans, payments and verifications that it states are accepted without a check. */
export const isTrusted = (actor: Actor): boolean => actor.kind === 'service' || (actor.kind === 'user' && actor.credential === 'internal');
