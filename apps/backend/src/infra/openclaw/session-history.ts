import type { GatewayConnection } from './gateway-connection.ts';

/** A part of what was said; only `text` is for people, `toolCall` says that the agent is not done. */
export interface Part {
  type: string;
  text?: string;
}
/** What `chat.history` says of one message; the time is in milliseconds since 1970. */
export interface HistoryEntry {
  role: string;
  content?: string | Part[];
  timestamp?: number;
}

/** The words of a message. */
export const textOf = (content: string | Part[] = []) =>
  typeof content === 'string' ? content : content.map((part) => part.text ?? '').join('');

/** An agent's words without the directives to its own gateway (`[[…]]`), which come in pieces too. */
export const displayable = (text: string) => text.replace(/\[\[[^\]]*\]\]\s?/g, '').replace(/\[{1,2}[^\]]*$/, '');

/** The last messages of a session, oldest first, without what the gateway puts around a person's words. */
export async function history(gateway: GatewayConnection, sessionKey: string, limit: number): Promise<HistoryEntry[]> {
  const { messages } = await gateway.request<{ messages: HistoryEntry[] }>('chat.history', { sessionKey, limit });
  return messages;
}
