import { AppError, agentNamedIn, hasScope, isScoped, neededScope, type Route } from '@agentbot/contracts';
import type { Actor, KeyGrant } from '../shared/actor.ts';

const grantOf = (actor: Actor | null): KeyGrant | undefined => (actor?.kind === 'user' ? actor.key : undefined);

/**
 * Whether this caller may call this operation at all.
 * @throws AppError UNAUTHORIZED, FORBIDDEN for no administrator, INSUFFICIENT_SCOPE for an API key without the scope
 */
export async function authorize(route: Route, actor: Actor | null, isAdmin: (userId: string) => Promise<boolean>): Promise<void> {
  const grant = grantOf(actor);
  if (grant && isScoped(route) && !hasScope(grant.scopes, neededScope(route))) {
    throw new AppError('INSUFFICIENT_SCOPE', `This API key lacks the scope ${neededScope(route)}`);
  }
  if (route.auth === 'public' || route.auth === 'optional') return;
  if (!actor) throw new AppError('UNAUTHORIZED');
  if (route.auth === 'web') {
    if (actor.kind === 'user') throw new AppError('UNAUTHORIZED');
    return;
  }
  if (actor.kind === 'web') throw new AppError('UNAUTHORIZED');
  if (route.auth === 'admin' && actor.kind === 'user' && !(await isAdmin(actor.userId))) throw new AppError('FORBIDDEN');
}

/** Refuses API keys where a route wants none, before a repeated request is given an earlier answer. @throws AppError FORBIDDEN */
export function refuseApiKey({ refusesApiKeys }: Route, actor: Actor | null): void {
  if (refusesApiKeys && grantOf(actor)) throw new AppError('FORBIDDEN', refusesApiKeys);
}

/**
 * Holds a key for one agent to that agent. Row-level security hides the others as well; this says so in a sentence, and
 * refuses what concerns the account or makes further agents.
 * @throws AppError INSUFFICIENT_SCOPE
 */
export function requireAgentInScope(route: Route, actor: Actor | null, input: { params?: unknown; query?: unknown; body?: unknown }): void {
  const only = grantOf(actor)?.agentId;
  if (!only || !isScoped(route)) return;
  const named = agentNamedIn(route, input);
  if (named === undefined ? !route.narrows : named !== only) {
    throw new AppError('INSUFFICIENT_SCOPE', `This API key is for the agent ${only} alone`);
  }
}
