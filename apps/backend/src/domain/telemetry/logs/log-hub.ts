import type { LogFrame } from '@agentbot/contracts';
import type { Logger } from 'pino';
import type { Database } from '../../../infra/database/database.ts';
import type { Notifications } from '../../../infra/database/notifications.ts';
import { coalesce } from '../../../shared/keyed-runner.ts';
import type { EventSink } from '../../../shared/streams.ts';
import type { LogRecord } from './log-line.ts';
import { isTrimmedAfter, LOGS, type LogChunk, readLog, recentLog } from './log-store.ts';
import { createLogViews, LOG_STOPS, type LogViews } from './log-views.ts';

const BUFFER_RECORDS = 500;
const PAGE_RECORDS = 1_000;
const GRACE_MS = 30_000;

function frameOf([, kind, content]: LogRecord): LogFrame {
  if (kind === 'gap') return { type: 'gap' };
  if (kind === 'exit') return { type: 'exit', code: content as number | null };
  return { type: 'line', text: content as string };
}

interface Source {
  database: Database;
  log: Logger;
}

/** One agent's log in this process: the last 500 records of the store, and the viewers. */
class LiveLog {
  readonly viewers = new Set<EventSink<LogFrame>>();
  /** All stored records with an id above `floor`. */
  records: LogRecord[] = [];
  floor = '';
  #loaded = false;
  readonly #pulling = coalesce(() =>
    this.#read().catch((error) => this.#source.log.warn({ err: error, agentId: this.agentId }, 'a log could not be read from the store')),
  );
  #ended = false;
  #grown = Promise.withResolvers<void>();
  grace: NodeJS.Timeout | undefined;

  readonly agentId: string;
  readonly #source: Source;

  constructor(agentId: string, source: Source) {
    this.agentId = agentId;
    this.#source = source;
    this.pull();
  }

  get head(): string {
    return this.records.at(-1)?.[0] ?? this.floor;
  }

  /** Appends a chunk that this process has just stored, if it follows the last record here; otherwise reads the store. */
  deliver({ after, records }: LogChunk): void {
    if (this.#loaded && !this.#pulling.isRunning() && after === this.head) this.#append(records);
    else this.pull();
  }

  /** Reads the new records from the store. */
  pull(): void {
    this.#pulling.run();
  }

  async #read(): Promise<void> {
    const { head } = this;
    const records = await recentLog(this.#source.database, 'service', this.agentId, BUFFER_RECORDS, head);
    const [first] = records;
    // Records may lie between `head` and the first one: the buffer starts over, and viewers read the rest from the store.
    if (first && records.length === BUFFER_RECORDS) {
      this.floor = String(BigInt(first[0]) - 1n);
      this.records = [];
    }
    this.#loaded = true;
    this.#append(records);
  }

  #append(records: LogRecord[]): void {
    this.records.push(...records);
    const surplus = this.records.splice(0, Math.max(0, this.records.length - BUFFER_RECORDS));
    this.floor = surplus.at(-1)?.[0] ?? this.floor;
    this.#grown.resolve();
    this.#grown = Promise.withResolvers();
  }

  async loaded(): Promise<void> {
    while (!this.#loaded && !this.#ended) await this.#grown.promise;
  }

  /** The records after an id: from the buffer, or from the store when the id is older. */
  async #after(id: string): Promise<{ records: LogRecord[]; trimmed: boolean }> {
    if (id >= this.floor) return { records: this.records.slice(this.#indexAfter(id)), trimmed: false };
    return this.#source.database.as('service', async (tx) => ({
      records: await readLog(tx, this.agentId, { after: id, limit: PAGE_RECORDS, from: 'oldest' }),
      trimmed: await isTrimmedAfter(tx, this.agentId, id),
    }));
  }

  #indexAfter(id: string): number {
    const index = this.records.findIndex(([recordId]) => recordId > id);
    return index < 0 ? this.records.length : index;
  }

  /** Sends a viewer the records after `lastId` (default: the buffer) and then each new one, at the pace at which it reads. */
  async sendTo(viewer: EventSink<LogFrame>, lastId: string | undefined): Promise<void> {
    await this.loaded();
    let sentTo = lastId ?? this.floor;
    while (this.viewers.has(viewer)) {
      const grown = this.#grown.promise;
      const { records, trimmed } = await this.#after(sentTo);
      if (trimmed) viewer.send('line', { type: 'gap' });
      for (const record of records) {
        if (!viewer.send('line', frameOf(record), record[0]) || !(await viewer.drained())) return;
        sentTo = record[0];
      }
      if (records.length > 0) continue;
      if (sentTo < this.floor) sentTo = this.floor;
      else await grown;
    }
  }

  end(): void {
    this.#ended = true;
    clearTimeout(this.grace);
    for (const viewer of this.viewers) viewer.end();
    this.viewers.clear();
    this.#grown.resolve();
  }
}

interface Dependencies extends Source {
  notifications: Notifications;
  processId: string;
}

/** The live logs with viewers in this process. Records come from the store, which another process may fill. */
export function createLogHub({ database, log, notifications, processId }: Dependencies) {
  const watched = new Map<string, LiveLog>();
  const views: LogViews = createLogViews({ database, log, processId }, () =>
    [...watched.values()].map(({ agentId, viewers }) => ({ agentId, clients: viewers.size })),
  );

  function stop(agentId: string): void {
    const live = watched.get(agentId);
    watched.delete(agentId);
    live?.end();
    if (live) void views.sync();
  }
  const unsubscribe = [
    notifications.on(LOGS, (agentId) => watched.get(agentId)?.pull()),
    notifications.on(LOG_STOPS, stop),
    notifications.on('resumed', () => {
      for (const live of watched.values()) live.pull();
    }),
  ];

  function leave(live: LiveLog, viewer: EventSink<LogFrame>): void {
    if (!live.viewers.delete(viewer)) return;
    void views.sync();
    if (live.viewers.size > 0) return;
    live.grace = setTimeout(() => {
      if (watched.get(live.agentId) === live) stop(live.agentId);
    }, GRACE_MS);
  }

  return {
    /** Starts a live view: after `lastId`, or with the buffered records. @returns a function that ends the view */
    watch(agentId: string, lastId: string | undefined, viewer: EventSink<LogFrame>): () => void {
      const live = watched.get(agentId) ?? new LiveLog(agentId, { database, log });
      watched.set(agentId, live);
      clearTimeout(live.grace);
      live.viewers.add(viewer);
      void (async () => {
        try {
          // The view is stored before `connected` is sent: a connected viewer is always counted.
          await views.sync();
          viewer.send('line', { type: 'connected', agentId });
          await live.sendTo(viewer, lastId);
        } catch (error) {
          log.warn({ err: error, agentId }, 'a live view failed');
          viewer.end();
        }
        leave(live, viewer);
      })();
      return () => leave(live, viewer);
    },
    /** Appends a chunk that this process has just stored. */
    deliver: (chunk: LogChunk) => watched.get(chunk.agentId)?.deliver(chunk),
    stop,
    viewers: () => [...watched.values()].reduce((total, { viewers }) => total + viewers.size, 0),
    async close(): Promise<void> {
      for (const off of unsubscribe) off();
      for (const agentId of [...watched.keys()]) stop(agentId);
      await views.close();
    },
  };
}

export type LogHub = ReturnType<typeof createLogHub>;
