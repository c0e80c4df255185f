import type { GatewayConnection } from './gateway-connection.ts';

/** A part of a message. Only the type `text` is shown to people; `toolCall` means that the agent's turn is not finished. */
export interface Part {
  type: string;
  text?: string;
  /** The size of an image that `chat.history` leaves out. */
  bytes?: number;
}
/** A message of a session; `timestamp` is in milliseconds since 1970. */
export interface HistoryEntry {
  role: string;
  content?: string | Part[];
  timestamp?: number;
  /** The reason for the end of an agent's message, such as `stop`, `toolUse`, `error` or `aborted`. */
  stopReason?: string;
  /** OpenClaw's names of the provider, such as `google`, and of its model that wrote an agent's message. */
  provider?: string;
  model?: string;
}

/** Whether an entry records a delivery to a channel. From 2026.8 on, the gateway stores one after a reply for each part of the reply. */
const isDelivery = ({ provider, model }: HistoryEntry) => provider === 'openclaw' && model === 'delivery-mirror';

/**
 * Leaves out the notes of deliveries whose words stand in a reply of the same turn already. What an agent sent to a channel by a
 * tool alone stays.
 */
export function withoutDeliveries(entries: HistoryEntry[]): HistoryEntry[] {
  const flat = (text: string) => text.replace(/\s+/g, ' ').trim();
  let said: string[] = [];
  return entries.filter((entry) => {
    if (entry.role === 'user') said = [];
    if (entry.role !== 'assistant') return true;
    const text = flat(textOf(entry.content));
    if (isDelivery(entry)) return !said.some((reply) => reply.includes(text));
    said.push(text);
    return true;
  });
}

/** The text of a message's content. */
export const textOf = (content: string | Part[] = []) =>
  typeof content === 'string' ? content : content.map((part) => part.text ?? '').join('');

/** A directive to the gateway. Its parts have maximum lengths: without them, a text of many `[[` takes quadratic time. */
const DIRECTIVE = /\[\[\s{0,8}(?:audio_as_voice|reply_to_current|reply_to\s{0,8}:[^\]\n]{1,200})\s{0,8}\]\]\s?/gi;
const UNFINISHED_DIRECTIVE = /\[\[?$|\[\[\s{0,8}(?:a[a-z_]{0,20}|r[a-z_]{0,20}(?:\s{0,8}:[^\]\n]{0,200})?)\s{0,8}\]?$/i;
/** A directive is shorter than this. */
const MAX_DIRECTIVE = 300;

/** Removes the directives to the gateway, such as `[[reply_to_current]]`, from an agent's text. Other brackets are the agent's own. */
export const stripDirectives = (text: string) => text.replace(DIRECTIVE, '');

/** The same for a text that is still growing: also leaves out the beginning of a directive at its end. */
export function stripUnfinishedDirectives(text: string): string {
  const whole = stripDirectives(text);
  return whole.slice(0, -MAX_DIRECTIVE) + whole.slice(-MAX_DIRECTIVE).replace(UNFINISHED_DIRECTIVE, '');
}

/**
 * Reads the last `limit` messages of a session's transcript, oldest first, as the agent stored them: nothing is cut or left
 * out, and users' messages have the gateway's additions. The result may be large, since it contains images.
 * @throws Error when the gateway refuses or does not answer
 */
export async function transcript(gateway: GatewayConnection, sessionKey: string, limit: number): Promise<HistoryEntry[]> {
  const { messages } = await gateway.request<{ messages?: HistoryEntry[] }>('sessions.get', { key: sessionKey, limit });
  return messages ?? [];
}

/**
 * Reads the last `limit` messages of a session, oldest first, as the gateway shows them: it cuts long texts, and omits
 * images, silent replies and its own additions to users' messages.
 * @throws Error when the gateway refuses or does not answer
 */
export async function history(gateway: GatewayConnection, sessionKey: string, limit: number): Promise<HistoryEntry[]> {
  const { messages } = await gateway.request<{ messages: HistoryEntry[] }>('chat.history', { sessionKey, limit });
  return messages;
}

/** The gateway's key of a session that was opened here. */
export const sessionKeyOf = (sessionId: string) => `agent:main:${sessionId}`;

/** The session that a gateway never deletes; it can be reset. */
const MAIN_SESSION = 'agent:main:main';
/** Sessions per request, and the maximum number of requests. */
const PAGE = 200;
const MAX_PAGES = 100;
/** A gateway that has just started, or that ends a session's run first, answers late. */
const DELETE_MS = 60_000;

/** Deletes the session with a key; the main session is reset. @throws Error when the gateway refuses or does not answer */
async function removeSession(gateway: GatewayConnection, key: string): Promise<void> {
  if (key === MAIN_SESSION) await gateway.request('sessions.reset', { key, reason: 'reset' }, DELETE_MS);
  else await gateway.request('sessions.delete', { key, deleteTranscript: true }, DELETE_MS);
}

/**
 * Deletes a session, and ends its run first. The main session is reset instead. A session that the gateway does not have
 * counts as deleted. Versions that store sessions as files rename the transcript to `*.jsonl.deleted.<time>` and remove it later.
 * @param session its key, or its id, by which the key is looked up
 * @throws Error when the gateway refuses or does not answer
 */
export async function deleteSession(gateway: GatewayConnection, session: { key: string } | { sessionId: string }): Promise<void> {
  const keyOf = async (sessionId: string) => {
    const params = { limit: PAGE * MAX_PAGES, includeGlobal: true, includeUnknown: true };
    const { sessions } = await gateway.request<{ sessions: { key: string; sessionId?: string }[] }>('sessions.list', params);
    // A gateway's session without an id is stored under its key.
    return sessions.find((each) => (each.sessionId ?? each.key) === sessionId)?.key;
  };
  const key = 'key' in session ? session.key : await keyOf(session.sessionId);
  if (key) await removeSession(gateway, key);
}

/**
 * Deletes all sessions of a gateway with their transcripts, and resets the main one.
 * @throws Error when the gateway refuses, when the signal aborts, or when a session is left
 */
export async function deleteSessions(gateway: GatewayConnection, signal: AbortSignal): Promise<void> {
  const params = { limit: PAGE, includeGlobal: true, includeUnknown: true };
  const list = async () =>
    (await gateway.request<{ sessions: { key: string }[] }>('sessions.list', params, DELETE_MS)).sessions.map(({ key }) => key);
  for (let page = 0; page < MAX_PAGES; page++) {
    const others = (await list()).filter((key) => key !== MAIN_SESSION);
    if (others.length === 0) break;
    for (const key of others) {
      signal.throwIfAborted();
      await removeSession(gateway, key);
    }
  }
  await removeSession(gateway, MAIN_SESSION);
  const left = (await list()).filter((key) => key !== MAIN_SESSION);
  if (left.length > 0) throw new Error(`The gateway still has ${left.length} sessions`);
  // Versions with a database keep a note of the reset, in the role `system`.
  const spoken = (await history(gateway, MAIN_SESSION, 50)).filter(({ role }) => role !== 'system');
  if (spoken.length > 0) throw new Error('The main session still has messages');
}
