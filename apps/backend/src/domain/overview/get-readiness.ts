import { setTimeout as sleep } from 'node:timers/promises';
import { isPullAllowed } from '../containers/image-policy.ts';
import type { Context } from '../context.ts';

type Slice = Pick<Context, 'database' | 'host' | 'config' | 'clock' | 'firewall' | 'log'>;

/** How long the database may take to answer. */
const DATABASE_MS = 2_000;
/** An operation that no worker takes for this long means that the queue stands still. */
const MAX_QUEUED_SECONDS = 300;

type Part = 'database' | 'engine' | 'image' | 'queue' | 'firewall';

/** The readiness of a backend: its status, and for each part `ok` or a sentence that says what is wrong. */
export interface Readiness {
  /** `unavailable`: send no requests here. `degraded`: requests are served, but some of them fail. */
  status: 'ready' | 'degraded' | 'unavailable';
  parts: Record<Part, string>;
}

/** The seconds that the oldest operation has been waiting for a worker; 0 when none waits. @throws Error when the database does not answer in time */
async function oldestQueued({ database, clock }: Slice): Promise<number> {
  const query = database.as('service', (tx) =>
    tx.operation.findFirst({ where: { state: 'queued', finishedAt: null }, orderBy: { createdAt: 'asc' }, select: { createdAt: true } }),
  );
  query.catch(() => undefined);
  const oldest = await Promise.race([query, sleep(DATABASE_MS, 'late' as const, { ref: false })]);
  if (oldest === 'late') throw new Error('The database is late');
  return oldest ? Math.round((clock.now().getTime() - oldest.createdAt.getTime()) / 1000) : 0;
}

/** Why new agents cannot start from the platform's image; undefined when they can, as far as the engine says. */
async function imageProblem({ host, config, log }: Slice): Promise<string | undefined> {
  const { OPENCLAW_IMAGE: image } = config;
  try {
    if ((await host.findImage(image)) || isPullAllowed(image, config)) return undefined;
    return 'OPENCLAW_IMAGE is not on this machine and may not be pulled, so no new agent can start';
  } catch (error) {
    log.warn({ err: error }, 'the readiness check could not look for the image');
    return 'The Docker Engine does not say whether it has OPENCLAW_IMAGE. The log of the backend has its error';
  }
}

/** The seconds that the oldest operation has been waiting; undefined when the database does not answer. */
async function readQueue(context: Slice): Promise<number | undefined> {
  try {
    return await oldestQueued(context);
  } catch (error) {
    context.log.warn({ err: error }, 'the readiness check could not read the database');
    return undefined;
  }
}

/** Checks what this backend needs. It changes nothing and waits at most a few seconds. */
export async function getReadiness(context: Slice): Promise<Readiness> {
  const { host, firewall } = context;
  const [waiting, answers] = await Promise.all([readQueue(context), host.available()]);
  const parts = {
    database: waiting === undefined ? 'The database does not answer' : undefined,
    engine: answers ? undefined : 'The Docker Engine does not answer: agents without a container reply, and no container can be changed',
    image: answers ? await imageProblem(context) : undefined,
    queue:
      waiting !== undefined && waiting > MAX_QUEUED_SECONDS
        ? `The oldest operation has waited ${waiting} seconds for a worker: restart the backend, then look at its log`
        : undefined,
    firewall: firewall.problem(),
  } satisfies Record<Part, string | undefined>;
  const isUnavailable = parts.database !== undefined;
  const isReady = Object.values(parts).every((problem) => problem === undefined);
  return {
    status: isUnavailable ? 'unavailable' : isReady ? 'ready' : 'degraded',
    parts: Object.fromEntries(Object.entries(parts).map(([part, problem]) => [part, problem ?? 'ok'])) as Readiness['parts'],
  };
}
