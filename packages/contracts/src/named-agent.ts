import { agentIdSchema } from './agents.ts';
import type { Route } from './define-route.ts';

const fieldOf = (part: unknown, name: string): string | undefined => {
  const value = part && typeof part === 'object' ? (part as Record<string, unknown>)[name] : undefined;
  return typeof value === 'string' ? value : undefined;
};

/** The agent that a validated request names: in its path, or as `agentId` in body or query. */
export function agentNamedIn(route: Route, input: { params?: unknown; query?: unknown; body?: unknown }): string | undefined {
  const [param] = Object.entries(route.params?.shape ?? {}).find(([, schema]) => schema === agentIdSchema) ?? [];
  return (param && fieldOf(input.params, param)) ?? fieldOf(input.body, 'agentId') ?? fieldOf(input.query, 'agentId');
}
