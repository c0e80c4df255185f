/**
 * The key under which the browser stores a draft or the unsent messages of a conversation.
 * @param conversation undefined for one that begins with the next message
 */
export const storageKey = (kind: 'draft' | 'outbox', agentId: string, conversation: string | undefined) =>
  `${kind}:${agentId}:${conversation ?? 'new'}`;
