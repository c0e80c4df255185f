import { z } from 'zod';
import type { Route } from './define-route.ts';

/** What an API key may do: see agents; change them, which includes seeing; administer the installation, which includes neither. */
export const scopeSchema = z.enum(['agents:read', 'agents:write', 'admin:*'], {
  error: 'Invalid scope: use agents:read, agents:write or admin:*',
});
export type Scope = z.infer<typeof scopeSchema>;

/** The scope an API key needs for an operation. */
export function neededScope({ auth, scope, method }: Route): Scope {
  if (auth === 'admin') return 'admin:*';
  return scope ?? (method === 'GET' ? 'agents:read' : 'agents:write');
}

/** Whether a key with these scopes has the needed one. */
export const hasScope = (scopes: readonly Scope[], needed: Scope): boolean =>
  scopes.includes(needed) || (needed === 'agents:read' && scopes.includes('agents:write'));

/** Whether an operation asks for a scope at all: those that anybody may call do not. */
export const isScoped = ({ auth }: Route): boolean => auth === 'caller' || auth === 'optional' || auth === 'admin';
