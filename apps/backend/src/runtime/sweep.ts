import type { Context } from '../context.ts';
import type { AgentContainerSpec, Owned } from './container-host.ts';

/** Younger ones may belong to work that goes on. */
const YOUNG_MS = 15 * 60_000;
/** A volume is removed when it has been nobody's for this long. */
const QUARANTINE_MS = 7 * 24 * 3_600_000;
/** What serves all agents: caches of compiled code, and the containers that filled them. */
const SHARED = /^openclaw-(warm|cache)-/;

const keyOf = ({ kind, name }: { kind: string; name: string }) => `${kind} ${name}`;

/** Notes what is to be removed, data and all, as soon as the engine is back. */
export async function condemn({ database }: Pick<Context, 'database'>, names: AgentContainerSpec['names']): Promise<void> {
  const data = (Object.entries(names) as [Owned['kind'], string][]).map(([kind, name]) => ({ kind, name, condemned: true }));
  await database.as('service', (tx) => tx.orphan.createMany({ data, skipDuplicates: true }));
}

/** What the engine has of this installation and no agent owns. */
async function findOrphans({ database, host, config }: Context): Promise<Owned[]> {
  const owned = await host.owned(config.INSTALLATION);
  const ids = [...new Set(owned.flatMap(({ agentId }) => agentId ?? []))];
  // Asked after the engine: what is made meanwhile has its row already.
  const rows = await database.as('service', (tx) => tx.agent.findMany({ where: { id: { in: ids } }, select: { id: true } }));
  const known = new Set(rows.map(({ id }) => id));
  const old = Date.now() - YOUNG_MS;
  const condemned = await database.as('service', (tx) => tx.orphan.findMany({ where: { condemned: true } }));
  const goes = new Set(condemned.map(keyOf));
  return owned.filter(
    (each) =>
      (each.createdAt.getTime() < old || goes.has(keyOf(each))) && !(each.agentId ? known.has(each.agentId) : SHARED.test(each.name)),
  );
}

/**
 * Removes containers and networks that no agent owns. Volumes hold data: they are noted, and removed only with
 * SWEEP_VOLUMES and after seven days in which nobody claimed them, or when their agent was deleted while the engine was away.
 */
export async function sweep(context: Context): Promise<void> {
  const { database, host, config, log } = context;
  const orphans = await findOrphans(context);
  const noted = await database.as('service', async (tx) => {
    await tx.orphan.createMany({ data: orphans.map(({ kind, name }) => ({ kind, name })), skipDuplicates: true });
    return tx.orphan.findMany();
  });
  const notes = new Map(noted.map((row) => [keyOf(row), row]));
  const gone = new Set(notes.keys());
  // A network can go only after its container.
  const order = ['container', 'network', 'volume'];
  for (const orphan of orphans.toSorted((a, b) => order.indexOf(a.kind) - order.indexOf(b.kind))) {
    const { foundAt = new Date(), condemned = false } = notes.get(keyOf(orphan)) ?? {};
    const old = config.SWEEP_VOLUMES && Date.now() - foundAt.getTime() > QUARANTINE_MS;
    const keep = orphan.kind === 'volume' && !condemned && !old;
    if (keep) {
      gone.delete(keyOf(orphan));
      continue;
    }
    log.warn({ kind: orphan.kind, name: orphan.name, agentId: orphan.agentId }, 'what no agent owns is removed');
    await host.removeOwned(orphan);
  }
  const rows = noted.filter((row) => gone.has(keyOf(row))).map(({ kind, name }) => ({ kind, name }));
  if (rows.length) await database.as('service', (tx) => tx.orphan.deleteMany({ where: { OR: rows } }));
}
