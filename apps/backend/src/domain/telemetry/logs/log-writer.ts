import { setTimeout as sleep } from 'node:timers/promises';
import { holdsLease } from '../../../infra/database/lease.ts';
import type { ContainerLogLine } from '../../../infra/docker/container-host.ts';
import type { Context } from '../../context.ts';
import { type LogRecord, lineRecord } from './log-line.ts';
import { appendChunks, type LogChunk, trimLogs } from './log-store.ts';
import { type Item, type Piece, storePieces } from './store-batch.ts';

/** Lines are collected for this time before a write. */
const BATCH_MS = 20;
const RETRY_MS = 500;
const CLOSE_MS = 5_000;
const CHUNK_RECORDS = 1_000;
const CHUNK_CHARACTERS = 256 * 1024;
const CHUNKS_PER_AGENT = 8;
/** The queue limits per agent and of all agents; above them the oldest lines are dropped, with a gap mark. */
const MAX_RECORDS = 50_000;
const MAX_CHARACTERS = 8 * 1024 * 1024;
const MAX_TOTAL_CHARACTERS = 64 * 1024 * 1024;
/** An agent's log is trimmed after this many new records, at most once per interval. */
const TRIM_AFTER = 2_000;
const TRIM_EVERY_MS = 2_000;

const next = (id: string) => String(BigInt(id) + 1n);

/** One agent's queue of records to be stored. */
interface Queue {
  lastId: string;
  readTo: string;
  /** The id of the last record that was taken from the queue. */
  takenTo: string;
  items: Item[];
  characters: number;
  untrimmed: number;
}

interface Options {
  context: Pick<Context, 'database' | 'log' | 'logs' | 'processId' | 'metrics'>;
  lease: string;
}

/** Stores the agents' logs, in batches over all agents, while this process holds the lease. */
export function createLogWriter({ context: { database, log, logs, processId, metrics }, lease }: Options) {
  const queues = new Map<string, Queue>();
  /** Agents whose log contains data that Postgres refused; each is logged once. */
  const refused = new Set<string>();
  let charactersOfAll = 0;
  let writing: Promise<void> | undefined;
  let trimmedAt = 0;
  let trimLater: NodeJS.Timeout | undefined;
  let lost = false;

  function push(queue: Queue, record: LogRecord): void {
    const [, , content] = record;
    const characters = 60 + (typeof content === 'string' ? content.length : 0);
    queue.items.push({ record, readTo: queue.readTo, characters });
    queue.characters += characters;
    charactersOfAll += characters;
  }

  function take(queue: Queue, count: number): Item[] {
    const items = queue.items.splice(0, count);
    for (const { characters } of items) {
      queue.characters -= characters;
      charactersOfAll -= characters;
    }
    return items;
  }

  /** Drops the oldest quarter of a queue; a gap mark replaces the last dropped record. */
  function drop(queue: Queue): void {
    const dropped = take(queue, Math.ceil(queue.items.length / 4));
    const last = dropped.at(-1);
    if (last) queue.items.unshift({ ...last, record: [last.record[0], 'gap'], characters: 0 });
    metrics.droppedLines.inc(dropped.length);
  }

  function takePiece(agentId: string, queue: Queue): Piece | null {
    let size = 0;
    let count = 0;
    for (const { characters } of queue.items) {
      if (count >= CHUNK_RECORDS || (count > 0 && size + characters > CHUNK_CHARACTERS)) break;
      size += characters;
      count += 1;
    }
    const items = take(queue, count);
    const last = items.at(-1);
    if (!last) return null;
    const piece = { agentId, after: queue.takenTo, items };
    queue.takenTo = last.record[0];
    return piece;
  }

  /** The oldest records of every queue, at most `CHUNKS_PER_AGENT` pieces of each. */
  function takePieces(): Piece[] {
    const pieces: Piece[] = [];
    for (const [agentId, queue] of queues) {
      for (let i = 0; i < CHUNKS_PER_AGENT; i++) {
        const piece = takePiece(agentId, queue);
        if (!piece) break;
        pieces.push(piece);
      }
    }
    return pieces;
  }

  const store = (chunks: LogChunk[]) =>
    database.as('service', async (tx) => {
      if (!(await holdsLease(tx, lease, processId))) return false;
      await appendChunks(tx, chunks);
      return true;
    });

  /** Counts the records that Postgres refuses; logs the first refusal per agent. */
  function onRefused(agentId: string, records: number, error: unknown): void {
    metrics.refusedLines.inc(records);
    if (refused.has(agentId)) return;
    refused.add(agentId);
    log.warn({ err: error, agentId }, "Postgres refused lines of an agent's log; a gap mark is stored instead");
  }

  /** Stores pieces and retries until the database answers; a retry does not store a chunk twice. @returns the stored chunks */
  async function storeAll(pieces: Piece[]): Promise<LogChunk[]> {
    let failing = false;
    while (!lost) {
      try {
        const stored = await storePieces(pieces, { store, onRefused });
        if (failing) log.info('logs are stored again');
        if (stored) return stored;
        lost = true;
      } catch (error) {
        if (!failing) log.warn({ err: error }, 'logs could not be stored; retrying until the database answers');
        failing = true;
        await sleep(RETRY_MS);
      }
    }
    return [];
  }

  async function trim(): Promise<void> {
    const full = [...queues].filter(([, { untrimmed }]) => untrimmed >= TRIM_AFTER);
    if (full.length === 0 || lost) return;
    const wait = trimmedAt + TRIM_EVERY_MS - Date.now();
    if (wait > 0) {
      // A timer, since an agent that logs nothing more would never trigger the trim.
      trimLater ??= setTimeout(() => {
        trimLater = undefined;
        void trim();
      }, wait);
      return;
    }
    trimmedAt = Date.now();
    const counted = full.map(([agentId, queue]) => ({ agentId, queue, records: queue.untrimmed }));
    for (const { queue } of counted) queue.untrimmed = 0;
    const ids = counted.map(({ agentId }) => agentId);
    await trimLogs(database, ids).catch((error) => {
      log.warn({ err: error }, 'logs could not be trimmed; retrying');
      for (const { queue, records } of counted) queue.untrimmed += records;
    });
    // New records may have been stored meanwhile, or the trim failed.
    await trim();
  }

  async function write(): Promise<void> {
    while (!lost) {
      await sleep(BATCH_MS);
      const pieces = takePieces();
      if (pieces.length === 0) break;
      const chunks = await storeAll(pieces);
      if (lost) break;
      for (const chunk of chunks) {
        logs.deliver(chunk);
        const queue = queues.get(chunk.agentId);
        if (queue) queue.untrimmed += chunk.records.length;
        metrics.storedLines.inc(chunk.records.length);
      }
      await trim();
    }
    writing = undefined;
  }

  return {
    /** Opens an agent's queue at the end of its stored log; must precede `add`. */
    open(agentId: string, { lastId, readTo }: { lastId: string; readTo: string }): void {
      const empty = { items: [] as Item[], characters: 0, untrimmed: TRIM_AFTER };
      queues.set(agentId, { lastId, readTo, takenTo: lastId, ...empty });
    },
    /** The engine's time of the last line that was read; undefined for a log that is not open. */
    readTo: (agentId: string): string | undefined => queues.get(agentId)?.readTo,
    add(agentId: string, lines: ContainerLogLine[], secrets: string[]): void {
      const queue = queues.get(agentId);
      if (!queue || lost) return;
      for (const line of lines) {
        // The engine's times may be equal, or slightly out of order between stdout and stderr; ids must strictly increase.
        const id = line.id > queue.lastId ? line.id : next(queue.lastId);
        queue.lastId = id;
        if (line.id > queue.readTo) queue.readTo = line.id;
        push(queue, lineRecord(id, line, secrets));
      }
      const isFull = () => queue.items.length > MAX_RECORDS || queue.characters > MAX_CHARACTERS || charactersOfAll > MAX_TOTAL_CHARACTERS;
      while (queue.items.length > 1 && isFull()) drop(queue);
      writing ??= write();
    },
    /** Adds a mark: lines are missing here, or the container ended. */
    mark(agentId: string, mark: ['gap'] | ['exit', number | null]): void {
      const queue = queues.get(agentId);
      if (!queue || lost) return;
      const now = `${Date.now()}000000`;
      queue.lastId = mark[0] === 'exit' && now > queue.lastId ? now : next(queue.lastId || '0');
      push(queue, [queue.lastId, ...mark] as LogRecord);
      writing ??= write();
    },
    /** Forgets an agent whose container was removed; the log of its next container is opened again. */
    forget(agentId: string): void {
      refused.delete(agentId);
      if (queues.get(agentId)?.items.length === 0) queues.delete(agentId);
    },
    /** Back-pressure: resolves when the agent's queue is below a quarter of its limit. */
    async room(agentId: string): Promise<void> {
      while (!lost && (queues.get(agentId)?.characters ?? 0) > MAX_CHARACTERS / 4) await (writing ?? sleep(BATCH_MS));
    },
    /** Stores the queued records, for at most five seconds, unless the lease is lost. */
    async close(): Promise<void> {
      const deadline = setTimeout(() => {
        lost = true;
      }, CLOSE_MS);
      await writing;
      clearTimeout(deadline);
      clearTimeout(trimLater);
      lost = true;
    },
  };
}

export type LogWriter = ReturnType<typeof createLogWriter>;
