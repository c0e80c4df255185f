import { keyOf } from '../domain/containers/orphans.ts';
import type { Context } from '../domain/context.ts';
import type { Owned } from '../infra/docker/container-host.ts';
import { msAgo } from '../shared/clock.ts';

/** Younger objects may belong to an operation in flight. */
const MIN_AGE_MS = 15 * 60_000;
/** A volume is removed after it was an orphan for this long. */
const QUARANTINE_MS = 7 * 24 * 3_600_000;
/** Objects that all agents share: caches of compiled code, and the containers that fill them. */
const SHARED = /^openclaw-(warm\.|cache-)/;

/** The record of an object. What an agent left behind on a node has the node in its name: the agent has its own of that name. */
const recordOf = ({ kind, name, node, hasLeft }: Owned) => ({ kind, name: hasLeft && node ? `${name} on ${node.name}` : name });
const recordKey = (object: Owned) => keyOf(recordOf(object));

/** Removes backups of deleted agents whose first removal failed. */
async function removeMarkedBackups({ database, backups, log }: Context): Promise<void> {
  const rows = await database.as('service', (tx) => tx.orphan.findMany({ where: { kind: 'backup' } }));
  for (const { kind, name } of rows) {
    await backups
      .remove(name)
      .then(() => database.as('service', (tx) => tx.orphan.deleteMany({ where: { kind, name } })))
      .catch((error) => log.warn({ err: error, name }, 'a backup could not be removed; the next run retries it'));
  }
}

const busyAgents = async (database: Context['database']): Promise<string[]> =>
  (await database.as('service', (tx) => tx.operation.findMany({ where: { finishedAt: null }, select: { agentId: true } }))).map(
    ({ agentId }) => agentId,
  );

/** The installation's objects on the engine that no agent owns, and those marked for removal whose name a new agent has. */
async function findOrphans({ database, host, config, clock }: Context) {
  const { objects: owned, isComplete } = await host.owned(config.INSTALLATION);
  const ids = [...new Set(owned.flatMap(({ agentId }) => agentId ?? []))];
  // Read after the engine's list: an object that is created in between already has its agent's row.
  const rows = await database.as('service', (tx) => tx.agent.findMany({ where: { id: { in: ids } }, select: { id: true } }));
  const agentIds = new Set(rows.map(({ id }) => id));
  const maxCreatedAt = msAgo(clock, MIN_AGE_MS);
  const markedForRemoval = await database.as('service', (tx) => tx.orphan.findMany({ where: { markedForRemoval: true } }));
  const markedKeys = new Set(markedForRemoval.map(keyOf));
  const isOwned = ({ agentId, name, hasLeft }: Owned) => !hasLeft && (agentId ? agentIds.has(agentId) : SHARED.test(name));
  // An operation may be moving the agent.
  const busy = new Set(await busyAgents(database));
  return {
    isComplete,
    orphans: owned.filter(
      (object) =>
        !isOwned(object) &&
        !(object.hasLeft && busy.has(object.agentId ?? '')) &&
        (object.hasLeft || object.createdAt < maxCreatedAt || markedKeys.has(recordKey(object))),
    ),
    taken: owned.filter((object) => isOwned(object) && markedKeys.has(recordKey(object))),
  };
}

/**
 * Removes orphans: containers and networks that no agent owns. Volumes hold data: an orphan volume is recorded, and removed only
 * after seven days and with SWEEP_VOLUMES, or at once when its agent was deleted while the engine was unavailable.
 */
export async function collectGarbage(context: Context): Promise<void> {
  const { database, host, config, clock, log } = context;
  const { orphans, taken, isComplete } = await findOrphans(context);
  const recorded = await database.as('service', async (tx) => {
    await tx.orphan.createMany({ data: orphans.map((object) => ({ ...recordOf(object), foundAt: clock.now() })), skipDuplicates: true });
    return tx.orphan.findMany({ where: { kind: { not: 'backup' } } });
  });
  const records = new Map(recorded.map((row) => [keyOf(row), row]));
  // A record whose object no machine lists is removed. While a machine does not answer, its objects are missing from the list, so
  // only records of listed objects are candidates.
  const removedKeys = new Set(isComplete ? records.keys() : orphans.map(recordKey));
  // The new agent's first operation removes these, so they stay recorded.
  for (const object of taken) removedKeys.delete(recordKey(object));
  // A network can be removed only after its container.
  const order = ['container', 'network', 'volume'];
  for (const orphan of orphans.toSorted((a, b) => order.indexOf(a.kind) - order.indexOf(b.kind))) {
    const { foundAt = clock.now(), markedForRemoval = false } = records.get(recordKey(orphan)) ?? {};
    const expired = config.SWEEP_VOLUMES && foundAt < msAgo(clock, QUARANTINE_MS);
    const keep = orphan.kind === 'volume' && !markedForRemoval && !expired;
    if (keep) {
      removedKeys.delete(recordKey(orphan));
      continue;
    }
    log.warn({ kind: orphan.kind, name: orphan.name, agentId: orphan.agentId }, 'an orphan is removed');
    // A failed removal does not block the rest.
    await host.removeOwned(orphan).catch((error) => {
      log.warn({ err: error, kind: orphan.kind, name: orphan.name }, 'an orphan could not be removed; the next run retries it');
      removedKeys.delete(recordKey(orphan));
    });
  }
  const rows = recorded.filter((row) => removedKeys.has(keyOf(row))).map(({ kind, name }) => ({ kind, name }));
  if (rows.length) await database.as('service', (tx) => tx.orphan.deleteMany({ where: { OR: rows } }));
  await removeMarkedBackups(context);
}
