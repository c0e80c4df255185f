import { AppError } from '@agentbot/contracts';
import { type Database, isUniqueViolation } from '../../infra/database/database.ts';

/**
 * Leases the lowest free slot (host ports and subnet) to an agent. A unique index decides between concurrent leases.
 * @param count the number of slots on this host
 * @param refused slots whose ports other programs use
 * @throws AppError OPERATION_FAILED without a free slot
 */
export async function leaseSlot(database: Database, agentId: string, count: number, refused: ReadonlySet<number>): Promise<number> {
  for (;;) {
    const slot = await database.as('service', async (tx) => {
      const rows = await tx.agent.findMany({ where: { slot: { not: null }, id: { not: agentId } }, select: { slot: true } });
      const taken = new Set(rows.map((row) => row.slot));
      for (let free = 0; free < count; free++) if (!taken.has(free) && !refused.has(free)) return free;
      throw new AppError('OPERATION_FAILED', 'This machine has no free ports for another agent');
    });
    try {
      await database.as('service', (tx) => tx.agent.updateMany({ where: { id: agentId }, data: { slot } }));
      return slot;
    } catch (error) {
      if (!isUniqueViolation(error)) throw error;
    }
  }
}
