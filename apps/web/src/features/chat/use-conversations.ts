import type { ConversationView } from '@agentbot/contracts';
import { t } from '@lingui/core/macro';
import useSWR from 'swr';
import { api } from '../../lib/api/client.ts';

/** The maximum of one request. */
const LIMIT = 100;

/** Reads an agent's latest conversations, or the latest of those that contain a text. */
export function useConversations(agentId: string, search = '') {
  return useSWR(
    ['conversations', agentId, search] as const,
    async () => {
      const list = await api('listConversations', { params: { id: agentId }, query: { limit: LIMIT, ...(search && { search }) } });
      return { ...list, search };
    },
    { keepPreviousData: true },
  );
}

/** Finds a conversation that is not among the latest: reads the list page by page. @param id undefined reads nothing */
export function useOlderConversation(agentId: string, id: string | undefined): ConversationView | undefined {
  const { data } = useSWR(id && (['conversations', agentId, 'older', id] as const), async () => {
    for (let offset = LIMIT; ; offset += LIMIT) {
      const { conversations, total } = await api('listConversations', { params: { id: agentId }, query: { limit: LIMIT, offset } });
      const found = conversations.find((each) => each.id === id);
      if (found || offset + LIMIT >= total) return found;
    }
  });
  return data;
}

/** The conversations that this page opened and that the list did not have yet. */
const opened = new Set<string>();
/** Whether this page opened the conversation a moment ago, so that the list may not have it yet. */
export const isOpenedHere = (id: string) => opened.has(id);
/** Forgets which of these conversations this page opened: the list has them, so one that leaves it was deleted. */
export function forgetOpened(listed: readonly ConversationView[]): void {
  for (const { id } of listed) opened.delete(id);
}

/** Opens a new conversation. @param key the Idempotency-Key @returns its id */
export async function openConversation(agentId: string, key: string): Promise<string> {
  const answer = await api('tellAgent', { body: { action: 'create-session', agentId }, headers: { 'idempotency-key': key } });
  if (!('sessionId' in answer)) throw new Error(t`The new conversation has no id`);
  opened.add(answer.sessionId);
  return answer.sessionId;
}

/** The name of a conversation in the interface. */
export const nameOf = ({ title }: Pick<ConversationView, 'title'>) => title ?? t`New conversation`;

/** Whether a conversation can be continued here. */
export const canContinue = ({ status, platform }: Pick<ConversationView, 'status' | 'platform'>) =>
  status === 'active' && platform === 'web';
