import { setTimeout as sleep } from 'node:timers/promises';
import { agentSecretValues } from '../../../infra/crypto/agent-secrets.ts';
import type { ContainerLogLine, ContainerState } from '../../../infra/docker/container-host.ts';
import { containerNames } from '../../../infra/docker/layout.ts';
import type { Context } from '../../context.ts';
import { endOfLog } from './log-store.ts';
import type { LogWriter } from './log-writer.ts';
import { detectSkippedLines } from './skipped-lines.ts';

/** The maximum number of lines that the first read of a log goes back. */
const FIRST_LINES = 10_000;
/** A reader this close to the present has caught up; from then on it applies no back-pressure. */
const CAUGHT_UP_MS = 1_000;

type Slice = Pick<Context, 'host' | 'database' | 'envelope' | 'log'>;

/** Whether lines are missing between the last line of the previous read and the first of this one, in the same container. */
const isGap = (container: ContainerState, readTo: string, first: ContainerLogLine) =>
  readTo !== '' && first.id !== readTo && BigInt(container.createdAt.getTime()) * 1_000_000n < BigInt(readTo);

/** Passes the log of an agent's container to the writer, from the end of the stored log until the container stops. */
export async function collectLog(context: Slice, writer: LogWriter, agentId: string, signal: AbortSignal): Promise<void> {
  const { host, database } = context;
  const name = containerNames(agentId).container;
  const before = await host.inspect(name);
  if (!before) return writer.forget(agentId);
  if (writer.readTo(agentId) === undefined) writer.open(agentId, await endOfLog(database, agentId));
  const readTo = writer.readTo(agentId) ?? '';
  // Secrets are redacted before lines are stored; they are read at each opening, since a restart brings new ones.
  const secrets = await agentSecretValues(context, agentId);
  const from = readTo ? { since: readTo } : { tail: FIRST_LINES };
  // Within one stream, lines arrive in the order of their times; the engine repeats some when it starts a new file.
  const newest = { stdout: readTo, stderr: readTo };
  const isNew = ({ stream, id }: ContainerLogLine) => {
    if (id <= newest[stream]) return false;
    newest[stream] = id;
    return true;
  };
  const findSkipped = detectSkippedLines();
  let gapChecked = false;
  let hasNewLines = false;
  let caughtUp = false;
  for await (const read of host.logs(name, { ...from, follow: true }, signal)) {
    const [first] = read;
    if (first && !gapChecked && isGap(before, readTo, first)) writer.mark(agentId, ['gap']);
    gapChecked = true;
    const lines = read.filter(isNew);
    if (lines.length === 0) continue;
    hasNewLines = true;
    if (!caughtUp) {
      await writer.room(agentId);
      caughtUp = Date.now() - (lines.at(-1)?.at.getTime() ?? 0) < CAUGHT_UP_MS;
    }
    const gapIndex = findSkipped(lines);
    if (gapIndex > 0) writer.add(agentId, lines.slice(0, gapIndex), secrets);
    if (gapIndex >= 0) writer.mark(agentId, ['gap']);
    writer.add(agentId, lines.slice(Math.max(0, gapIndex)), secrets);
  }
  signal.throwIfAborted();
  const state = await host.inspect(name);
  if (!state?.running && (before.running || hasNewLines)) writer.mark(agentId, ['exit', state ? state.exitCode : null]);
  // The engine may have restarted the container, or the stream may have broken: wait before the next attempt.
  if (state?.running) await sleep(100, undefined, { signal });
}
