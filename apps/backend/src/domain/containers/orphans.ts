import type { AgentContainerSpec, Owned } from '../../infra/docker/container-host.ts';
import type { Context } from '../context.ts';

/** A resource of a deleted agent: on the engine, or a backup in the store. */
interface Orphan {
  kind: Owned['kind'] | 'backup';
  name: string;
}

/** A map key for a resource: its kind and name. */
export const keyOf = ({ kind, name }: { kind: string; name: string }) => `${kind} ${name}`;

/** An agent's container, volume and network, each with its kind. */
export const resourcesOf = (names: AgentContainerSpec['names']): Orphan[] =>
  (Object.entries(names) as [Owned['kind'], string][]).map(([kind, name]) => ({ kind, name }));

/** Marks resources for removal, data included. The garbage collector removes them when the engine or the store is available. */
export async function markForRemoval({ database }: Pick<Context, 'database'>, orphans: Orphan[]): Promise<void> {
  await database.as('service', async (tx) => {
    for (const orphan of orphans) {
      const create = { ...orphan, markedForRemoval: true };
      await tx.orphan.upsert({ where: { kind_name: orphan }, create, update: { markedForRemoval: true } });
    }
  });
}

/**
 * Removes the marked resources of a deleted agent with the same id. Runs before a new agent's first container, so that the
 * new agent never gets the old agent's data.
 */
export async function removeMarked({ database, host }: Context, names: AgentContainerSpec['names']): Promise<void> {
  const where = { markedForRemoval: true, OR: resourcesOf(names) };
  if (!(await database.as('service', (tx) => tx.orphan.count({ where })))) return;
  if (!(await host.removeAll(names))) return;
  await database.as('service', (tx) => tx.orphan.deleteMany({ where }));
}
