import type { Prisma } from '../../generated/prisma/client.ts';

/** The columns that an operation changes in its agent's row. */
export type AgentUpdate = Prisma.AgentUpdateManyMutationInput;

/** The effect of an operation on its agent: changed columns, or the removal of the row. */
export type AgentChange = AgentUpdate | 'removed';
