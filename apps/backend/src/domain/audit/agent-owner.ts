import type { Database } from '../../infra/database/database.ts';

/** Whose log an agent's entries go into; nobody's for an agent that never was. */
export async function agentOwner(database: Database, agentId: string): Promise<string | undefined> {
  const found = await database.as('service', async (tx) => {
    const agent = await tx.agent.findUnique({ where: { id: agentId }, select: { ownerId: true } });
    // A deleted agent's operations stay.
    return agent ?? (await tx.operation.findFirst({ where: { agentId }, select: { ownerId: true }, orderBy: { createdAt: 'desc' } }));
  });
  return found?.ownerId;
}
