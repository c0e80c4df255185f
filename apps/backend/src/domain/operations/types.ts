import type { Prisma } from '../../generated/prisma/client.ts';

/** What an operation writes into the row of an agent that stays. */
export type AgentUpdate = Prisma.AgentUpdateManyMutationInput;

/** What an operation that succeeded leaves of its agent. */
export type AgentChange = AgentUpdate | 'removed';
