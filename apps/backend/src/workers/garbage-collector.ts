import { keyOf } from '../domain/containers/orphans.ts';
import type { Context } from '../domain/context.ts';
import type { Owned } from '../infra/docker/container-host.ts';

/** Younger ones may belong to work that goes on. */
const MIN_AGE_MS = 15 * 60_000;
/** A volume is removed when it has been nobody's for this long. */
const QUARANTINE_MS = 7 * 24 * 3_600_000;
/** What serves all agents: caches of compiled code, and the containers that filled them. */
const SHARED = /^openclaw-(warm\.|cache-)/;

/** Removes the backups of deleted agents that their store did not remove at the time. */
async function removeMarkedBackups({ database, backups, log }: Context): Promise<void> {
  const rows = await database.as('service', (tx) => tx.orphan.findMany({ where: { kind: 'backup' } }));
  for (const { kind, name } of rows) {
    await backups
      .remove(name)
      .then(() => database.as('service', (tx) => tx.orphan.deleteMany({ where: { kind, name } })))
      .catch((error) => log.warn({ err: error, name }, 'a backup could not be removed; it is tried again'));
  }
}

/** What the engine has of this installation and no agent owns; and what is marked for removal, while a new agent has its name. */
async function findOrphans({ database, host, config }: Context): Promise<{ orphans: Owned[]; taken: Owned[] }> {
  const owned = await host.owned(config.INSTALLATION);
  const ids = [...new Set(owned.flatMap(({ agentId }) => agentId ?? []))];
  // Asked after the engine: what is made meanwhile has its row already.
  const rows = await database.as('service', (tx) => tx.agent.findMany({ where: { id: { in: ids } }, select: { id: true } }));
  const known = new Set(rows.map(({ id }) => id));
  const old = Date.now() - MIN_AGE_MS;
  const markedForRemoval = await database.as('service', (tx) => tx.orphan.findMany({ where: { markedForRemoval: true } }));
  const goes = new Set(markedForRemoval.map(keyOf));
  const isKnown = ({ agentId, name }: Owned) => (agentId ? known.has(agentId) : SHARED.test(name));
  return {
    orphans: owned.filter((each) => !isKnown(each) && (each.createdAt.getTime() < old || goes.has(keyOf(each)))),
    taken: owned.filter((each) => isKnown(each) && goes.has(keyOf(each))),
  };
}

/**
 * Removes containers and networks that no agent owns. Volumes hold data: they are noted, and removed only with
 * SWEEP_VOLUMES and after seven days in which nobody claimed them, or when their agent was deleted while the engine was away.
 */
export async function collectGarbage(context: Context): Promise<void> {
  const { database, host, config, log } = context;
  const { orphans, taken } = await findOrphans(context);
  const noted = await database.as('service', async (tx) => {
    await tx.orphan.createMany({ data: orphans.map(({ kind, name }) => ({ kind, name })), skipDuplicates: true });
    return tx.orphan.findMany({ where: { kind: { not: 'backup' } } });
  });
  const notes = new Map(noted.map((row) => [keyOf(row), row]));
  const gone = new Set(notes.keys());
  // These go before that agent gets its container.
  for (const each of taken) gone.delete(keyOf(each));
  // A network can go only after its container.
  const order = ['container', 'network', 'volume'];
  for (const orphan of orphans.toSorted((a, b) => order.indexOf(a.kind) - order.indexOf(b.kind))) {
    const { foundAt = new Date(), markedForRemoval = false } = notes.get(keyOf(orphan)) ?? {};
    const old = config.SWEEP_VOLUMES && Date.now() - foundAt.getTime() > QUARANTINE_MS;
    const keep = orphan.kind === 'volume' && !markedForRemoval && !old;
    if (keep) {
      gone.delete(keyOf(orphan));
      continue;
    }
    log.warn({ kind: orphan.kind, name: orphan.name, agentId: orphan.agentId }, 'what no agent owns is removed');
    // One that somebody else holds on to does not keep the others.
    await host.removeOwned(orphan).catch((error) => {
      log.warn({ err: error, kind: orphan.kind, name: orphan.name }, 'it could not be removed; it is tried again');
      gone.delete(keyOf(orphan));
    });
  }
  const rows = noted.filter((row) => gone.has(keyOf(row))).map(({ kind, name }) => ({ kind, name }));
  if (rows.length) await database.as('service', (tx) => tx.orphan.deleteMany({ where: { OR: rows } }));
  await removeMarkedBackups(context);
}
