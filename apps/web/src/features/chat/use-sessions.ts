import useSWR from 'swr';
import { api } from '../../lib/api/client.ts';

/** Reads an agent's conversations, newest first. */
export function useSessions(agentId: string) {
  return useSWR(
    ['sessions', agentId],
    async () => {
      const answer = await api('askAgent', { query: { action: 'sessions', agentId } });
      return 'sessions' in answer ? answer.sessions : [];
    },
    { revalidateOnFocus: false },
  );
}

/** Opens a new conversation. @returns its id */
export async function openConversation(agentId: string): Promise<string> {
  const answer = await api('tellAgent', { body: { action: 'create-session', agentId } });
  if (!('sessionId' in answer)) throw new Error('The new conversation has no id');
  return answer.sessionId;
}
