import type { ConversationView } from '@agentbot/contracts';
import { useCallback } from 'react';
import useSWR, { useSWRConfig } from 'swr';
import { api } from '../../lib/api/client.ts';

/** The maximum of one request. */
const LIMIT = 100;

/** Reads an agent's latest conversations, or the latest of those that contain a text. */
export function useConversations(agentId: string, search = '') {
  return useSWR(
    ['conversations', agentId, search] as const,
    () => api('listConversations', { params: { id: agentId }, query: { limit: LIMIT, ...(search && { search }) } }),
    { keepPreviousData: true },
  );
}

/** Reads an agent's conversations again, with and without a search. */
export function useReloadConversations(agentId: string): () => Promise<unknown> {
  const { mutate } = useSWRConfig();
  return useCallback(() => mutate((key) => Array.isArray(key) && key[0] === 'conversations' && key[1] === agentId), [mutate, agentId]);
}

/** The conversations that this page opened: the list may not have them yet. */
const opened = new Set<string>();
/** Whether this page opened the conversation. */
export const isOpenedHere = (id: string) => opened.has(id);

/** Opens a new conversation. @returns its id */
export async function openConversation(agentId: string): Promise<string> {
  const answer = await api('tellAgent', { body: { action: 'create-session', agentId } });
  if (!('sessionId' in answer)) throw new Error('The new conversation has no id');
  opened.add(answer.sessionId);
  return answer.sessionId;
}

/** The name of a conversation in the interface. */
export const nameOf = ({ title }: Pick<ConversationView, 'title'>) => title ?? 'New conversation';

/** Whether a conversation can be continued here. */
export const canContinue = ({ status, platform }: Pick<ConversationView, 'status' | 'platform'>) =>
  status === 'active' && platform === 'web';
