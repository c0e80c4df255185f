import { useCallback } from 'react';
import { useSWRConfig } from 'swr';

/** Reads an agent's conversations again, with and without a search. */
export function useReloadConversations(agentId: string): () => Promise<unknown> {
  const { mutate } = useSWRConfig();
  return useCallback(() => mutate((key) => Array.isArray(key) && key[0] === 'conversations' && key[1] === agentId), [mutate, agentId]);
}
