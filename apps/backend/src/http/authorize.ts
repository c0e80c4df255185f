import { AppError, agentNamedIn, hasScope, isScoped, neededScope, type Route } from '@agentbot/contracts';
import type { Actor, KeyGrant } from '../shared/actor.ts';

const grantOf = (actor: Actor | null): KeyGrant | undefined => (actor?.kind === 'user' ? actor.key : undefined);

/**
 * Checks that the caller may call this route.
 * @throws AppError UNAUTHORIZED, FORBIDDEN for a user who is no administrator, INSUFFICIENT_SCOPE for an API key without the scope
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

/** Refuses API keys on routes that do not accept them. Runs before a stored response is replayed. @throws AppError FORBIDDEN */
export function refuseApiKey({ refusesApiKeys }: Route, actor: Actor | null): void {
  if (refusesApiKeys && grantOf(actor)) throw new AppError('FORBIDDEN', refusesApiKeys);
}

/**
 * Restricts an API key for one agent to that agent. Row-level security hides the other agents too; this check gives a clear
 * error, and refuses routes that concern the account or create agents.
 * @throws AppError INSUFFICIENT_SCOPE
 */
export function requireAgentInScope(route: Route, actor: Actor | null, input: { params?: unknown; query?: unknown; body?: unknown }): void {
  const keyAgentId = grantOf(actor)?.agentId;
  if (!keyAgentId || !isScoped(route)) return;
  const agentId = agentNamedIn(route, input);
  if (agentId === undefined ? !route.narrows : agentId !== keyAgentId) {
    throw new AppError('INSUFFICIENT_SCOPE', `This API key is for the agent ${keyAgentId} alone`);
  }
}
