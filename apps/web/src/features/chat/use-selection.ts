import { useSearchParams } from 'next/navigation';
import { useEffect } from 'react';
import { canContinue, isOpenedHere, useConversations } from './use-conversations.ts';

const PARAMETER = 'conversation';
/** The parameter's value for a conversation that begins with the next message. */
const NEW = 'new';

function replace(value: string): void {
  const url = new URL(window.location.href);
  url.searchParams.set(PARAMETER, value);
  window.history.replaceState(null, '', url);
}

/**
 * The conversation that is shown, which the next message joins. Its id is in the address, so that a reload and the Back
 * button keep it; without one, the latest that can be continued is chosen once.
 * @returns `id` is undefined for a conversation that begins with the next message
 */
export function useSelection(agentId: string) {
  const chosen = useSearchParams()?.get(PARAMETER) ?? undefined;
  const { data, error } = useConversations(agentId);
  const all = data?.conversations;
  const latest = all && (all.find(canContinue)?.id ?? all[0]?.id ?? NEW);
  // The list is not complete beyond its maximum; below it, an unknown conversation was deleted.
  const isUnlisted = chosen !== undefined && chosen !== NEW && !all?.some(({ id }) => id === chosen);
  const isGone = isUnlisted && data !== undefined && data.total <= data.conversations.length && !isOpenedHere(chosen);
  useEffect(() => {
    // The address may have changed already: the user chose one while the list loaded.
    const isChosen = new URL(window.location.href).searchParams.get(PARAMETER) !== (chosen ?? null);
    if ((!chosen || isGone) && !isChosen && latest) replace(latest);
  }, [chosen, isGone, latest]);
  const id = chosen === NEW ? undefined : chosen;
  return {
    id,
    conversation: all?.find((each) => each.id === id),
    /** Whether it is known which conversation is shown. If the list failed to load, the next message would begin one. */
    ready: chosen !== undefined || Boolean(error),
    /** Shows another conversation; undefined begins a new one. */
    select(next: string | undefined) {
      const url = new URL(window.location.href);
      url.searchParams.set(PARAMETER, next ?? NEW);
      window.history.pushState(null, '', url);
    },
    /** Shows a conversation that was just created in place of the new one. */
    settle: replace,
  };
}
