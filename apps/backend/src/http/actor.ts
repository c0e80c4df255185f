import { AppError, type Facade } from '@agentbot/contracts';
import type { Tenant } from '../database/database.ts';

/** A signed-in person; `facade` is the side whose shapes and statuses they get. */
export interface UserActor {
  kind: 'user';
  userId: string;
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

/** The rows an actor may see. */
export function tenantOf(actor: Actor): Tenant {
  if (actor.kind === 'user') return { userId: actor.userId };
  if (actor.kind === 'service') return 'service';
  throw new AppError('UNAUTHORIZED');
}

/** The user an actor acts for. @throws AppError INVALID_REQUEST for a service that named none. */
export function userOf(actor: Actor): string {
  if (actor.kind === 'user') return actor.userId;
  if (actor.kind === 'service') throw new AppError('INVALID_REQUEST', 'X-User-Id must name the user to act for');
  throw new AppError('UNAUTHORIZED');
}
