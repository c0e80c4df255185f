import type { AgentContainerSpec, Owned } from '../../infra/docker/container-host.ts';
import type { Context } from '../context.ts';

/** What an agent that is gone has left: on the engine, or a backup in the store. */
interface Leftover {
  kind: Owned['kind'] | 'backup';
  name: string;
}

export const keyOf = ({ kind, name }: { kind: string; name: string }) => `${kind} ${name}`;

/** An agent's container, volume and network, each by its kind. */
export const resourcesOf = (names: AgentContainerSpec['names']): Leftover[] =>
  (Object.entries(names) as [Owned['kind'], string][]).map(([kind, name]) => ({ kind, name }));

/** Notes what is to be removed, data and all, as soon as the engine, or the store, is back. */
export async function markForRemoval({ database }: Pick<Context, 'database'>, leftovers: Leftover[]): Promise<void> {
  await database.as('service', async (tx) => {
    for (const each of leftovers) {
      const create = { ...each, markedForRemoval: true };
      await tx.orphan.upsert({ where: { kind_name: each }, create, update: { markedForRemoval: true } });
    }
  });
}

/** Before an agent gets its first container: what a deleted one of the same id has left goes, so that nobody gets another's data. */
export async function removeMarked({ database, host }: Context, names: AgentContainerSpec['names']): Promise<void> {
  const left = { markedForRemoval: true, OR: resourcesOf(names) };
  if (!(await database.as('service', (tx) => tx.orphan.count({ where: left })))) return;
  await host.removeAll(names);
  await database.as('service', (tx) => tx.orphan.deleteMany({ where: left }));
}
