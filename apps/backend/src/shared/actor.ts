import { AppError, type Facade, type Scope } from '@agentbot/contracts';

/** What an API key may do. */
export interface KeyGrant {
  id: string;
  scopes: readonly Scope[];
  /** The one agent that it is for. */
  agentId: string | undefined;
  expiresAt: Date | null;
}
/** The browser session that a request comes from. */
export interface SessionGrant {
  id: string;
  expiresAt: Date;
}
/** A person, by their session, by one of their API keys, or named by a holder of the internal key. */
export interface UserActor {
  kind: 'user';
  userId: string;
  credential: 'session' | 'apiKey' | 'internal';
  /** Of an API key. */
  key?: KeyGrant;
  /** Of a session. */
  session?: SessionGrant;
  /** The side whose shapes and statuses they get. */
  facade: Facade;
}
/** A holder of the internal key who named no user. */
export interface ServiceActor {
  kind: 'service';
  facade: 'backend';
}
/** The web app itself, for nobody in particular: sign-up, sign-in, health. */
export interface WebActor {
  kind: 'web';
  facade: 'web';
}
export type Actor = UserActor | ServiceActor | WebActor;

/** For whom a transaction acts: one user, or one agent of theirs, or the platform itself (jobs, the internal key, the reconciler). */
export type Tenant = { userId: string; agentId?: string | undefined } | 'service';

/** The rows an actor may see. */
export function tenantOf(actor: Actor): Tenant {
  if (actor.kind === 'user') return { userId: actor.userId, agentId: actor.key?.agentId };
  if (actor.kind === 'service') return 'service';
  throw new AppError('UNAUTHORIZED');
}

/** The account that owns what the internal key makes without naming a user. */
export const SERVICE_ACCOUNT = 'service';

/** The account an actor acts for. */
export function userOf(actor: Actor): string {
  if (actor.kind === 'user') return actor.userId;
  if (actor.kind === 'service') return SERVICE_ACCOUNT;
  throw new AppError('UNAUTHORIZED');
}

/** Whether the internal key stands behind a request: what it says of plans, payments and verifications is believed. */
export const isTrusted = (actor: Actor): boolean => actor.kind === 'service' || (actor.kind === 'user' && actor.credential === 'internal');
