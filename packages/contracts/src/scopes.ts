import { z } from 'zod';
import type { Route } from './define-route.ts';

/** The scopes of an API key: read agents; write agents, which includes reading; administer the installation, which includes neither. */
export const scopeSchema = z.enum(['agents:read', 'agents:write', 'admin:*'], {
  error: 'Invalid scope: use agents:read, agents:write or admin:*',
});
export type Scope = z.infer<typeof scopeSchema>;

/** The scope that an API key needs for an operation. */
export function neededScope({ auth, scope, method }: Route): Scope {
  if (auth === 'admin') return 'admin:*';
  return scope ?? (method === 'GET' ? 'agents:read' : 'agents:write');
}

/** Whether these scopes include the needed scope. */
export const hasScope = (scopes: readonly Scope[], needed: Scope): boolean =>
  scopes.includes(needed) || (needed === 'agents:read' && scopes.includes('agents:write'));

/** Whether an operation needs a scope: public operations and those of the web app do not. */
export const isScoped = ({ auth }: Route): boolean => auth === 'caller' || auth === 'optional' || auth === 'admin';
