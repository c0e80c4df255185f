import { setTimeout as sleep } from 'node:timers/promises';
import { holdsLease } from '../../../infra/database/lease.ts';
import type { ContainerLogLine } from '../../../infra/docker/container-host.ts';
import type { Context } from '../../context.ts';
import { type LogRecord, lineRecord } from './log-line.ts';
import { appendChunks, type LogChunk, trimLogs } from './log-store.ts';
import { type Item, type Piece, storePieces } from './store-batch.ts';

/** How long lines are gathered before they are stored. */
const GATHER_MS = 20;
const RETRY_MS = 500;
const CLOSE_MS = 5_000;
const CHUNK_RECORDS = 1_000;
const CHUNK_CHARACTERS = 256 * 1024;
const CHUNKS_AT_ONCE = 8;
/** What may wait to be stored of one agent, and of all; past it the oldest goes, with a mark. */
const MAX_RECORDS = 50_000;
const MAX_CHARACTERS = 8 * 1024 * 1024;
const MAX_TOTAL_CHARACTERS = 64 * 1024 * 1024;
/** An agent's log is trimmed after this many records, within this time and no more often. */
const TRIM_AFTER = 2_000;
const TRIM_EVERY_MS = 2_000;

const next = (id: string) => String(BigInt(id) + 1n);

/** What waits to be stored of one agent's log. */
interface Waiting {
  lastId: string;
  readTo: string;
  /** The id of the last record that was taken out to be stored. */
  takenTo: string;
  items: Item[];
  characters: number;
  untrimmed: number;
}

interface Options {
  context: Pick<Context, 'database' | 'log' | 'logs' | 'processId' | 'metrics'>;
  lease: string;
}

/** Stores what agents say, in batches over all agents, for as long as this process holds the lease. */
export function createLogWriter({ context: { database, log, logs, processId, metrics }, lease }: Options) {
  const agents = new Map<string, Waiting>();
  /** Agents of whose log Postgres has refused something. */
  const refused = new Set<string>();
  let charactersOfAll = 0;
  let writing: Promise<void> | undefined;
  let trimmedAt = 0;
  let trimLater: NodeJS.Timeout | undefined;
  let lost = false;

  function push(waiting: Waiting, record: LogRecord): void {
    const [, , content] = record;
    const characters = 60 + (typeof content === 'string' ? content.length : 0);
    waiting.items.push({ record, readTo: waiting.readTo, characters });
    waiting.characters += characters;
    charactersOfAll += characters;
  }

  function take(waiting: Waiting, count: number): Item[] {
    const items = waiting.items.splice(0, count);
    for (const { characters } of items) {
      waiting.characters -= characters;
      charactersOfAll -= characters;
    }
    return items;
  }

  /** Makes room by dropping the oldest that waits; a mark takes the place of the last one dropped. */
  function drop(waiting: Waiting): void {
    const dropped = take(waiting, Math.ceil(waiting.items.length / 4));
    const last = dropped.at(-1);
    if (last) waiting.items.unshift({ ...last, record: [last.record[0], 'gap'], characters: 0 });
    metrics.droppedLines.inc(dropped.length);
  }

  function takePiece(agentId: string, waiting: Waiting): Piece | null {
    let size = 0;
    let count = 0;
    for (const { characters } of waiting.items) {
      if (count >= CHUNK_RECORDS || (count > 0 && size + characters > CHUNK_CHARACTERS)) break;
      size += characters;
      count += 1;
    }
    const items = take(waiting, count);
    const last = items.at(-1);
    if (!last) return null;
    const piece = { agentId, after: waiting.takenTo, items };
    waiting.takenTo = last.record[0];
    return piece;
  }

  /** The oldest of what waits, some of each agent. */
  function takePieces(): Piece[] {
    const pieces: Piece[] = [];
    for (const [agentId, waiting] of agents) {
      for (let i = 0; i < CHUNKS_AT_ONCE; i++) {
        const piece = takePiece(agentId, waiting);
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

  /** Counts what Postgres refuses of an agent's log; says it once per agent. */
  function onRefused(agentId: string, records: number, error: unknown): void {
    metrics.refusedLines.inc(records);
    if (refused.has(agentId)) return;
    refused.add(agentId);
    log.warn({ err: error, agentId }, "Postgres refuses lines of an agent's log; a gap mark is stored instead");
  }

  /** Stores pieces and retries until the database answers; a retry does not store a chunk twice. @returns the stored chunks */
  async function storeAll(pieces: Piece[]): Promise<LogChunk[]> {
    let away = false;
    while (!lost) {
      try {
        const stored = await storePieces(pieces, { store, onRefused });
        if (away) log.info('logs are stored again');
        if (stored) return stored;
        lost = true;
      } catch (error) {
        if (!away) log.warn({ err: error }, 'logs could not be stored; trying again until they are');
        away = true;
        await sleep(RETRY_MS);
      }
    }
    return [];
  }

  async function trim(): Promise<void> {
    const full = [...agents].filter(([, { untrimmed }]) => untrimmed >= TRIM_AFTER);
    if (full.length === 0 || lost) return;
    const wait = trimmedAt + TRIM_EVERY_MS - Date.now();
    if (wait > 0) {
      // Later by the clock: an agent that falls silent now would bring no line that asks again.
      trimLater ??= setTimeout(() => {
        trimLater = undefined;
        void trim();
      }, wait);
      return;
    }
    trimmedAt = Date.now();
    const counted = full.map(([agentId, waiting]) => ({ agentId, waiting, records: waiting.untrimmed }));
    for (const { waiting } of counted) waiting.untrimmed = 0;
    const ids = counted.map(({ agentId }) => agentId);
    await trimLogs(database, ids).catch((error) => {
      log.warn({ err: error }, 'logs could not be trimmed; it is tried again');
      for (const { waiting, records } of counted) waiting.untrimmed += records;
    });
    // Something was stored meanwhile, or it failed.
    await trim();
  }

  async function write(): Promise<void> {
    for (let more = true; more && !lost; ) {
      await sleep(GATHER_MS);
      const pieces = takePieces();
      more = pieces.length > 0;
      if (!more) break;
      const chunks = await storeAll(pieces);
      if (lost) break;
      for (const chunk of chunks) {
        logs.deliver(chunk);
        const waiting = agents.get(chunk.agentId);
        if (waiting) waiting.untrimmed += chunk.records.length;
        metrics.storedLines.inc(chunk.records.length);
      }
      await trim();
    }
    writing = undefined;
  }

  return {
    /** Tells where an agent's log ends in the store, before anything is added to it. */
    open(agentId: string, { lastId, readTo }: { lastId: string; readTo: string }): void {
      const nothing = { items: [] as Item[], characters: 0, untrimmed: TRIM_AFTER };
      agents.set(agentId, { lastId, readTo, takenTo: lastId, ...nothing });
    },
    /** Up to where an agent's log was read, by the engine's time; undefined for one that was not opened. */
    readTo: (agentId: string): string | undefined => agents.get(agentId)?.readTo,
    add(agentId: string, lines: ContainerLogLine[], secrets: string[]): void {
      const waiting = agents.get(agentId);
      if (!waiting || lost) return;
      for (const line of lines) {
        // The engine's times may tie, or be out of order by a hair between stdout and stderr; ids never are.
        const id = line.id > waiting.lastId ? line.id : next(waiting.lastId);
        waiting.lastId = id;
        if (line.id > waiting.readTo) waiting.readTo = line.id;
        push(waiting, lineRecord(id, line, secrets));
      }
      const isFull = () =>
        waiting.items.length > MAX_RECORDS || waiting.characters > MAX_CHARACTERS || charactersOfAll > MAX_TOTAL_CHARACTERS;
      while (waiting.items.length > 1 && isFull()) drop(waiting);
      writing ??= write();
    },
    /** Notes that lines were lost here, or that the container ended. */
    mark(agentId: string, mark: ['gap'] | ['exit', number | null]): void {
      const waiting = agents.get(agentId);
      if (!waiting || lost) return;
      const now = `${Date.now()}000000`;
      waiting.lastId = mark[0] === 'exit' && now > waiting.lastId ? now : next(waiting.lastId || '0');
      push(waiting, [waiting.lastId, ...mark] as LogRecord);
      writing ??= write();
    },
    /** An agent's container is gone; the next one's log is opened anew. */
    forget(agentId: string): void {
      refused.delete(agentId);
      if (agents.get(agentId)?.items.length === 0) agents.delete(agentId);
    },
    /** Resolves when little of an agent is left to be stored. */
    async room(agentId: string): Promise<void> {
      while (!lost && (agents.get(agentId)?.characters ?? 0) > MAX_CHARACTERS / 4) await (writing ?? sleep(GATHER_MS));
    },
    /** Stores what is left, unless the lease is lost. */
    async close(): Promise<void> {
      const late = setTimeout(() => {
        lost = true;
      }, CLOSE_MS);
      await writing;
      clearTimeout(late);
      clearTimeout(trimLater);
      lost = true;
    },
  };
}

export type LogWriter = ReturnType<typeof createLogWriter>;
