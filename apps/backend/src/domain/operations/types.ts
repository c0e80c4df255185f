import type { Prisma } from '../../generated/prisma/client.ts';

/** What an operation that succeeded leaves of its agent. */
export type AgentChange = Prisma.AgentUpdateManyMutationInput | 'removed';
