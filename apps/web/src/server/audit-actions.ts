import { isAudited, operationKindSchema, type Route, routes } from '@agentbot/contracts';

/** The actions that entries of the audit log name: audited operations of the API, and the ends of jobs. */
export const auditActions: readonly string[] = [
  ...Object.entries<Route>(routes).flatMap(([id, route]) => (isAudited(route) ? [id] : [])),
  ...operationKindSchema.options.map((kind) => `operation:${kind}`),
];
