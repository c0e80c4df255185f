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
