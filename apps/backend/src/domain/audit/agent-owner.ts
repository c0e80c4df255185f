import type { Database } from '../../infra/database/database.ts';

/** The owner whose log receives an agent's entries; undefined when the agent never existed. */
export async function agentOwner(database: Database, agentId: string): Promise<string | undefined> {
  const row = await database.as('service', async (tx) => {
    const agent = await tx.agent.findUnique({ where: { id: agentId }, select: { ownerId: true } });
    // The operations of a deleted agent stay and still name its owner.
    return agent ?? (await tx.operation.findFirst({ where: { agentId }, select: { ownerId: true }, orderBy: { createdAt: 'desc' } }));
  });
  return row?.ownerId;
}
