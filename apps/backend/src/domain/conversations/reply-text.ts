import { setTimeout as sleep } from 'node:timers/promises';
import { AppError } from '@agentbot/contracts';
import type { GatewayConnection } from '../../infra/openclaw/gateway-connection.ts';
import {
  type HistoryEntry,
  history,
  stripDirectives,
  stripUnfinishedDirectives,
  textOf,
  transcript,
} from '../../infra/openclaw/session-history.ts';

/** The end of a text that the gateway has truncated. */
const TRUNCATION_MARK = '\n...(truncated)...';
/** The whole reply of an agent that has nothing to say. */
const SILENCE = /^\s*NO_REPLY\s*$/;
/** The providers, by OpenClaw's names, whose models it tells to put the reply inside `<final>`. */
const FINAL_TAG_PROVIDER = /^google(-gemini-cli|-generative-ai)?$|minimax/i;
/** Between the texts of one run: before, between and after calls of tools. */
const BLANK_LINE = '\n\n';
/** The numbers of messages that are read of a transcript, until they contain the whole run. */
const PAGES = [3, 12, 48, 192, 768];
/** Messages with more images than this, in base64, are not read: the connection's frames are limited to 16 MiB. */
const MAX_IMAGE_BYTES = 8 * 1024 * 1024;
/** The delays before a transcript that lacks the end of the run is read again. */
const RETRY_MS = [50, 100, 200, 400, 800];

const isFromUser = ({ role }: HistoryEntry) => role === 'user';
/** Letters and signs only: gateways before 2026.8 change white space, and their own marks have brackets. */
const essence = (text: string) => text.normalize('NFC').replace(/[\s[\]()]/g, '');

/** Whether an entry of the history is the question: the same text, not older than `since` (ms since 1970). */
function isQuestion({ content, timestamp = 0 }: HistoryEntry, text: string, since: number): boolean {
  const shown = textOf(content);
  if (timestamp < since) return false;
  if (shown.endsWith(TRUNCATION_MARK)) return essence(text).startsWith(essence(shown.slice(0, -TRUNCATION_MARK.length)));
  // The gateway removes a leading `[…]`: it looks like the gateway's own timestamp.
  return [text, text.trim().replace(/^\[[^\]]+\]\s*/, '')].map(essence).includes(essence(shown));
}

/** Whether the run that ends with this entry is complete: the agent spoke last, and waits for no tool. */
function isEnd(entry: HistoryEntry | undefined): boolean {
  if (entry?.role !== 'assistant') return false;
  return !(Array.isArray(entry.content) && entry.content.some(({ type }) => type === 'toolCall'));
}

/**
 * The text inside `<final>`: OpenClaw tells the models of some providers to put the reply there, and its events leave out the
 * tags and the thoughts before them. Other models' tags are part of the reply.
 */
function withoutFinalTag(text: string, provider = ''): string {
  if (!FINAL_TAG_PROVIDER.test(provider)) return text;
  const [, , inside] = /^\s*(?:<(think(?:ing)?)>.*?<\/\1>\s*)?<final>(.*)$/is.exec(text) ?? [];
  if (inside === undefined) return text;
  const end = inside.toLowerCase().lastIndexOf('</final>');
  return end < 0 ? inside : inside.slice(0, end);
}

/**
 * The agent's words in the messages of one run. Attempts that failed or were aborted are left out.
 * @throws AppError OPERATION_FAILED when the agent only said that it does not reply
 */
function wordsOf(entries: HistoryEntry[]): string {
  const texts = entries
    .filter(({ role, stopReason = '' }) => role === 'assistant' && !/^(error|aborted)$/.test(stopReason))
    .map(({ content, provider }) => stripDirectives(withoutFinalTag(textOf(content), provider)))
    .filter((text) => text.trim() !== '');
  const spoken = texts.filter((text) => !SILENCE.test(text));
  if (texts.length > 0 && spoken.length === 0) throw new AppError('OPERATION_FAILED', 'The agent chose not to reply');
  return spoken.join(BLANK_LINE);
}

/** A message that may be sent again after a crash (`resumed`); the gateway got it at `askedAt` or later. */
interface Asked {
  text: string;
  askedAt: Date;
  resumed: boolean;
}

/**
 * The last message of a session's transcript before the run of a question: what follows it belongs to that run.
 * @returns undefined when there is none, or when the run has already begun
 * @throws Error when the gateway refuses or does not answer
 */
export async function messageBefore(
  gateway: GatewayConnection,
  sessionKey: string,
  { text, askedAt, resumed }: Asked,
): Promise<string | undefined> {
  const asked = resumed ? (await history(gateway, sessionKey, 50)).findLast(isFromUser) : undefined;
  if (asked && isQuestion(asked, text, askedAt.getTime())) return undefined;
  const [last] = await transcript(gateway, sessionKey, 1);
  return last && JSON.stringify(last);
}

/**
 * The messages of a session's last run, from its transcript.
 * @throws Error when the gateway refuses or does not answer, or when the images among the messages are too large
 */
async function lastRun(gateway: GatewayConnection, sessionKey: string, before?: string): Promise<HistoryEntry[]> {
  let entries: HistoryEntry[] = [];
  for (const limit of PAGES) {
    // The history has fewer messages than the transcript, so as many of its last ones cover the same part.
    if (imageBytes(await history(gateway, sessionKey, limit)) > MAX_IMAGE_BYTES) throw new Error('The transcript has too many images');
    entries = await transcript(gateway, sessionKey, limit);
    const previous = before === undefined ? -1 : entries.findLastIndex((entry) => JSON.stringify(entry) === before);
    const isWhole = previous >= 0 || entries.some(isFromUser) || entries.length < limit;
    if (previous >= 0) entries = entries.slice(previous + 1);
    if (isWhole) break;
  }
  return entries.slice(entries.findLastIndex(isFromUser) + 1);
}

/** The size of the images in these messages of a history, in base64. */
function imageBytes(messages: HistoryEntry[]): number {
  const parts = messages.flatMap(({ content }) => (Array.isArray(content) ? content : []));
  return parts.reduce((sum, { bytes = 0 }) => sum + bytes, 0);
}

/**
 * The agent's words in the run that has just ended, exactly as its transcript has them.
 * @param before the last message before the run (`messageBefore`)
 * @returns undefined when the transcript cannot be read or does not contain the run's end
 * @throws AppError OPERATION_FAILED when the agent chose not to reply
 */
export async function replyInTranscript(gateway: GatewayConnection, sessionKey: string, before?: string): Promise<string | undefined> {
  for (const delay of [0, ...RETRY_MS]) {
    await sleep(delay);
    let entries: HistoryEntry[];
    try {
      entries = await lastRun(gateway, sessionKey, before);
    } catch {
      return undefined;
    }
    if (isEnd(entries.at(-1))) return wordsOf(entries);
  }
  return undefined;
}

/**
 * The reply to a question whose run may have ended unnoticed: the last user message of the session's history must be the
 * question, not older than `askedAt`, and the run must be complete.
 * @throws AppError OPERATION_FAILED when the agent chose not to reply; Error when the gateway does not answer
 */
export async function replyInHistory(
  gateway: GatewayConnection,
  sessionKey: string,
  { text, askedAt }: Pick<Asked, 'text' | 'askedAt'>,
): Promise<string | undefined> {
  const messages = await history(gateway, sessionKey, 50);
  const last = messages.findLastIndex(isFromUser);
  const question = messages[last];
  if (!question || !isQuestion(question, text, askedAt.getTime()) || !isEnd(messages.at(-1))) return undefined;
  const shown = wordsOf(messages.slice(last + 1));
  return (await replyInTranscript(gateway, sessionKey)) || shown || undefined;
}

/** The reply as far as it is known, from the gateway's events of one run. */
export function createLiveText() {
  const earlier: string[] = [];
  let current = '';
  return {
    /** @returns the whole text with the next part; `delta` is what the event adds to the agent's current message */
    add(text: string, delta?: string): string {
      // A message that begins anew follows the one before a call of a tool.
      if (current && delta === text && !text.startsWith(current)) earlier.push(current);
      current = stripUnfinishedDirectives(text);
      return [...earlier, current].join(BLANK_LINE);
    },
    /** The model is asked again: what came of the last attempt is void. */
    restart(): void {
      earlier.length = 0;
      current = '';
    },
  };
}
