import { monthOf } from './abort-command.ts';
import type { GatewayConnection } from './gateway-connection.ts';

/** A message to a session; its id is the id of the gateway's run. */
interface Sent {
  sessionKey: string;
  id: string;
  text: string;
  images?: { id: string; type: string; bytes: Uint8Array }[];
  /** The agent's OpenClaw version; the platform's default version when unknown. */
  version: string | null;
}
/** The gateway's response: `aborted` means that it read the message as an abort command, `ok` that the run has already ended. */
interface Accepted {
  status?: string;
  aborted?: boolean;
}

/** Year and month of 2026.5.28, the last known version whose `chat.send` changes white space; 2026.8.2 does not. */
const LAST_WITH_FOLDING = 202605;
/** A command of the gateway, such as `/status`; a path has a second slash. */
const COMMAND = /^\s*\/[a-z][\w-]*(?=[\s:]|$)/i;
/** White space that `chat.send` replaces by one space, or removes, and control characters that it removes. */
const FOLDED = /[^\S\n ]|(?!\n)\p{Cc}| {2}|^\s/u;
/**
 * An abort command that the gateway passes on to the session: it aborts every run, not only those of `chat.send`. Without the
 * prefix, which the gateway ignores, `chat.send` itself takes the command, for its own runs.
 */
const ABORT_SESSION = '[Agentbot] /stop';
/** A backup pauses the container: a send that fails meanwhile would still be carried out afterwards. */
const SEND_MS = 60_000;
const ABORT_ATTEMPTS = 10;
const ABORT_WAIT_MS = 1_000;

/** Whether `chat.send` would change the text, such as the indentation of code. The method `agent` does not, but it knows no commands. */
function isFolded({ text, version }: Sent): boolean {
  const isChanged = FOLDED.test(text) || text !== text.normalize('NFC');
  return isChanged && monthOf(version) <= LAST_WITH_FOLDING && !COMMAND.test(text);
}

/** The time as the gateway puts it before a message: `[Sun 2026-11-29 08:01 UTC]`. A message that has one gets no other. */
function timeMark(now: Date): string {
  const iso = now.toISOString();
  return `[${now.toLocaleDateString('en-US', { weekday: 'short', timeZone: 'UTC' })} ${iso.slice(0, 10)} ${iso.slice(11, 16)} UTC]`;
}

/**
 * Sends a message into a session, so that the model gets it as it was typed; the gateway removes white space at its end. A
 * repeated send of the same message starts no second run.
 * @throws Error when the gateway refuses or does not answer
 */
export function sendToSession(gateway: GatewayConnection, sent: Sent): Promise<Accepted> {
  const { sessionKey, id, text, images = [] } = sent;
  const attachments = images.map(({ id: fileName, type: mimeType, bytes }) => ({
    ...{ type: 'image', mimeType, fileName },
    content: Buffer.from(bytes).toString('base64'),
  }));
  const run = { sessionKey, message: text, idempotencyKey: id, ...(attachments.length && { attachments }) };
  if (!isFolded(sent)) return gateway.request<Accepted>('chat.send', run, SEND_MS);
  // The gateway removes white space at the beginning, but not behind a time.
  const message = /^\s/.test(text) ? `${timeMark(new Date())} ${text}` : text;
  return gateway.request<Accepted>('agent', { ...run, message }, SEND_MS);
}

/**
 * Aborts the run of a message.
 * @throws Error when the gateway refuses or does not answer, or when the run does not end
 */
export async function abortRun(gateway: GatewayConnection, sent: Sent): Promise<void> {
  const { sessionKey, id: runId } = sent;
  const { aborted } = await gateway.request<{ aborted?: boolean }>('chat.abort', { sessionKey, runId });
  if (aborted || !isFolded(sent)) return;
  // A run that is still being prepared cannot be aborted. Once the run has ended, the command would abort the next one.
  for (let attempt = 0; attempt < ABORT_ATTEMPTS; attempt++) {
    const { endedAt } = await gateway.request<{ endedAt?: number }>('agent.wait', { runId, timeoutMs: attempt && ABORT_WAIT_MS });
    if (endedAt) return;
    await gateway.request('chat.send', { sessionKey, message: ABORT_SESSION, idempotencyKey: `${runId}-stop-${attempt}` });
  }
  throw new Error('The run did not end after its abort commands');
}
