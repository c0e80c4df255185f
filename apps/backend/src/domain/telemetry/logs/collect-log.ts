import { setTimeout as sleep } from 'node:timers/promises';
import { agentSecretValues } from '../../../infra/crypto/agent-secrets.ts';
import type { ContainerLogLine, ContainerState } from '../../../infra/docker/container-host.ts';
import { containerNames } from '../../../infra/docker/layout.ts';
import type { Context } from '../../context.ts';
import { endOfLog } from './log-store.ts';
import type { LogWriter } from './log-writer.ts';
import { detectSkippedLines } from './skipped-lines.ts';

/** How much of a log that was never read is read at first, in lines. */
const FIRST_LINES = 10_000;
/** A reader this close to now has caught up; from then on it does not wait for what it reads to be stored. */
const CAUGHT_UP_MS = 1_000;

type Slice = Pick<Context, 'host' | 'database' | 'envelope' | 'log'>;

/** Whether lines between what was read last and the first line read now are gone: the container that said them is the same. */
const isGap = (container: ContainerState, readTo: string, first: ContainerLogLine) =>
  readTo !== '' && first.id !== readTo && BigInt(container.createdAt.getTime()) * 1_000_000n < BigInt(readTo);

/** Hands what an agent's container says to the writer, from where the store ends until the container stops. */
export async function collectLog(context: Slice, writer: LogWriter, agentId: string, signal: AbortSignal): Promise<void> {
  const { host, database } = context;
  const name = containerNames(agentId).container;
  const before = await host.inspect(name);
  if (!before) return writer.forget(agentId);
  if (writer.readTo(agentId) === undefined) writer.open(agentId, await endOfLog(database, agentId));
  const readTo = writer.readTo(agentId) ?? '';
  // What must not be stored; asked for whenever the log is opened, since a restart brings new ones.
  const secrets = await agentSecretValues(context, agentId);
  const from = readTo ? { since: readTo } : { tail: FIRST_LINES };
  // Each stream's lines come in the order of their times; the engine repeats some when it begins a new file.
  const newest = { stdout: readTo, stderr: readTo };
  const isNew = ({ stream, id }: ContainerLogLine) => {
    if (id <= newest[stream]) return false;
    newest[stream] = id;
    return true;
  };
  const leftOut = detectSkippedLines();
  let begun = false;
  let spoke = false;
  let live = false;
  for await (const read of host.logs(name, { ...from, follow: true }, signal)) {
    const [first] = read;
    if (first && !begun && isGap(before, readTo, first)) writer.mark(agentId, ['gap']);
    begun = true;
    const lines = read.filter(isNew);
    if (lines.length === 0) continue;
    spoke = true;
    if (!live) {
      await writer.room(agentId);
      live = Date.now() - (lines.at(-1)?.at.getTime() ?? 0) < CAUGHT_UP_MS;
    }
    const missing = leftOut(lines);
    if (missing > 0) writer.add(agentId, lines.slice(0, missing), secrets);
    if (missing >= 0) writer.mark(agentId, ['gap']);
    writer.add(agentId, lines.slice(Math.max(0, missing)), secrets);
  }
  signal.throwIfAborted();
  const state = await host.inspect(name);
  if (!state?.running && (before.running || spoke)) writer.mark(agentId, ['exit', state ? state.exitCode : null]);
  // The engine starts a container again by itself, and a stream may break.
  if (state?.running) await sleep(100, undefined, { signal });
}
