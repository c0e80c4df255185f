import { setTimeout as sleep } from 'node:timers/promises';
import type { LogFrame } from '@agentbot/contracts';
import type { Logger } from 'pino';
import { containerNames } from '../runtime/agent-container.ts';
import type { ContainerHost } from '../runtime/container-host.ts';
import { redact } from './log-line.ts';

/** Who watches a log. `send` says whether the viewer keeps up. */
export interface LogViewer {
  lastId: string | undefined;
  send: (frame: LogFrame, id?: string) => boolean;
  end: () => void;
}

interface Line {
  id: string;
  text: string;
}

const BUFFER_LINES = 500;
const GRACE_MS = 30_000;
const RETRY_MS = 2_000;

interface Source {
  agentId: string;
  host: ContainerHost;
  /** What must not be shown; asked for whenever the container's log is opened, since a restart brings new ones. */
  secrets: () => Promise<string[]>;
  log: Logger;
  onEnd: () => void;
}

/** One agent's log: a single stream of the engine for all who watch, and the last 500 lines. */
class LogStream {
  readonly viewers = new Set<LogViewer>();
  readonly lines: Line[] = [];
  readonly #stopping = new AbortController();
  #overflowed = false;
  #grace: NodeJS.Timeout | undefined;

  readonly #source: Source;

  constructor(source: Source) {
    this.#source = source;
    void this.#follow();
  }

  get agentId(): string {
    return this.#source.agentId;
  }

  add(viewer: LogViewer): void {
    clearTimeout(this.#grace);
    this.viewers.add(viewer);
    viewer.send({ type: 'connected', agentId: this.agentId });
    const { lastId } = viewer;
    const [oldest] = this.lines;
    if (lastId && oldest && this.#overflowed && oldest.id > lastId) viewer.send({ type: 'gap' });
    for (const line of this.lines) this.#give(viewer, line);
  }

  remove(viewer: LogViewer): void {
    // A viewer that was let go is heard leaving as well.
    if (!this.viewers.delete(viewer)) return;
    if (this.viewers.size === 0) this.#grace = setTimeout(() => this.stop(), GRACE_MS);
  }

  stop(): void {
    clearTimeout(this.#grace);
    this.#stopping.abort();
    this.#source.onEnd();
    for (const viewer of this.viewers) viewer.end();
    this.viewers.clear();
  }

  #give(viewer: LogViewer, { id, text }: Line): void {
    if (viewer.lastId && id <= viewer.lastId) return;
    // One who does not read is let go, instead of filling this process's memory.
    if (!viewer.send({ type: 'line', text }, id)) this.remove(viewer);
  }

  #push(line: Line): void {
    this.lines.push(line);
    if (this.lines.length > BUFFER_LINES) {
      this.lines.shift();
      this.#overflowed = true;
    }
    for (const viewer of this.viewers) this.#give(viewer, line);
  }

  /** Follows the container, through stops and replacements, until nobody watches. */
  async #follow(): Promise<void> {
    const { signal } = this.#stopping;
    const { agentId, host, secrets, log } = this.#source;
    const name = containerNames(agentId).container;
    while (!signal.aborted) {
      const last = this.lines.at(-1)?.id;
      try {
        const hidden = await secrets();
        let came = false;
        for await (const { id, text } of host.logs(
          name,
          last ? { since: last, follow: true } : { tail: BUFFER_LINES, follow: true },
          signal,
        )) {
          if (last && id <= last) continue;
          came = true;
          this.#push({ id, text: redact(text, hidden) });
        }
        if (came && !signal.aborted) {
          const state = await host.inspect(name);
          for (const viewer of this.viewers) viewer.send({ type: 'exit', code: state ? state.exitCode : null });
        }
      } catch (error) {
        if (!signal.aborted) log.warn({ err: error, agentId }, 'a log stream broke; trying again');
      }
      await sleep(RETRY_MS, undefined, { signal }).catch(() => undefined);
    }
  }
}

/** The live logs that this process follows. */
export function createLogHub({ host, log }: { host: ContainerHost; log: Logger }) {
  const streams = new Map<string, LogStream>();

  return {
    /** Begins to watch, with what is buffered first. @returns a function that ends it */
    watch(agentId: string, secrets: Source['secrets'], viewer: LogViewer): () => void {
      const stream = streams.get(agentId) ?? new LogStream({ agentId, host, secrets, log, onEnd: () => streams.delete(agentId) });
      streams.set(agentId, stream);
      stream.add(viewer);
      return () => stream.remove(viewer);
    },
    stop: (agentId: string) => streams.get(agentId)?.stop(),
    /** The stream of an agent, if it is followed. */
    find: (agentId: string) => streams.get(agentId),
    all: () => [...streams.values()],
    close() {
      for (const stream of [...streams.values()]) stream.stop();
    },
  };
}

export type LogHub = ReturnType<typeof createLogHub>;
