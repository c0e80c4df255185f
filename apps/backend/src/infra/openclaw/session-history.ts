import type { GatewayConnection } from './gateway-connection.ts';

/** A part of a message. Only the type `text` is shown to people; `toolCall` means that the agent's turn is not finished. */
export interface Part {
  type: string;
  text?: string;
}
/** A message in the result of `chat.history`; `timestamp` is in milliseconds since 1970. */
export interface HistoryEntry {
  role: string;
  content?: string | Part[];
  timestamp?: number;
}

/** The text of a message's content. */
export const textOf = (content: string | Part[] = []) =>
  typeof content === 'string' ? content : content.map((part) => part.text ?? '').join('');

/** Removes directives to the gateway (`[[…]]`) from an agent's text, also an unfinished one at the end of a stream. */
export const stripDirectives = (text: string) => text.replace(/\[\[[^\]]*\]\]\s?/g, '').replace(/\[{1,2}[^\]]*$/, '');

/**
 * Reads the last `limit` messages of a session, oldest first. The gateway omits its own additions to users' messages.
 * @throws Error when the gateway refuses or does not answer
 */
export async function history(gateway: GatewayConnection, sessionKey: string, limit: number): Promise<HistoryEntry[]> {
  const { messages } = await gateway.request<{ messages: HistoryEntry[] }>('chat.history', { sessionKey, limit });
  return messages;
}

/** The session that a gateway never deletes; it can be reset. */
const MAIN_SESSION = 'agent:main:main';
/** Sessions per request, and the maximum number of requests. */
const PAGE = 200;
const MAX_PAGES = 100;
/** A gateway that has just started, or that ends a session's run first, answers late. */
const DELETE_MS = 60_000;

/**
 * Deletes all sessions of a gateway with their transcripts, and resets the main one.
 * @throws Error when the gateway refuses, when the signal aborts, or when a session is left
 */
export async function deleteSessions(gateway: GatewayConnection, signal: AbortSignal): Promise<void> {
  const params = { limit: PAGE, includeGlobal: true, includeUnknown: true };
  const request = <T>(method: string, params: object) => gateway.request<T>(method, params, DELETE_MS);
  const list = async () => (await request<{ sessions: { key: string }[] }>('sessions.list', params)).sessions.map(({ key }) => key);
  for (let page = 0; page < MAX_PAGES; page++) {
    const others = (await list()).filter((key) => key !== MAIN_SESSION);
    if (others.length === 0) break;
    for (const key of others) {
      signal.throwIfAborted();
      await request('sessions.delete', { key, deleteTranscript: true });
    }
  }
  await request('sessions.reset', { key: MAIN_SESSION, reason: 'reset' });
  const left = (await list()).filter((key) => key !== MAIN_SESSION);
  if (left.length > 0) throw new Error(`The gateway still has ${left.length} sessions`);
  // Versions with a database keep a note of the reset, in the role `system`.
  const spoken = (await history(gateway, MAIN_SESSION, 50)).filter(({ role }) => role !== 'system');
  if (spoken.length > 0) throw new Error('The main session still has messages');
}
