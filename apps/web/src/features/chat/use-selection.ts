import { useSearchParams } from 'next/navigation';
import { useCallback, useEffect } from 'react';
import { canContinue, forgetOpened, isOpenedHere, useConversations, useOlderConversation } from './use-conversations.ts';

const PARAMETER = 'conversation';
/** The parameter's value for a conversation that begins with the next message. */
const NEW = 'new';

/** The URL of this page. A navigation may have changed it after the last render. */
const currentUrl = () => new URL(window.location.href);

function replace(value: string): void {
  const url = currentUrl();
  url.searchParams.set(PARAMETER, value);
  window.history.replaceState(null, '', url);
}

/**
 * The conversation that is shown, which the next message joins. The URL contains its id, so that a reload and the Back button
 * keep it. For a URL without an id, the page selects the latest conversation that can be continued.
 * @returns `id` is undefined for a conversation that begins with the next message
 */
export function useSelection(agentId: string) {
  const chosen = useSearchParams()?.get(PARAMETER) ?? undefined;
  const { data, error } = useConversations(agentId);
  const all = data?.conversations;
  const latest = all && (all.find(canContinue)?.id ?? all[0]?.id ?? NEW);
  const id = chosen === NEW ? undefined : chosen;
  const listed = all?.find((each) => each.id === id);
  const isComplete = data && data.total <= data.conversations.length;
  const unlisted = data && !listed && id !== undefined && !isOpenedHere(id) ? id : undefined;
  const older = useOlderConversation(agentId, isComplete ? undefined : unlisted);
  // A complete list has every conversation that was not deleted.
  const isGone = Boolean(isComplete && unlisted);
  useEffect(() => {
    // The user may have selected another conversation while the list loaded.
    const isChanged = currentUrl().searchParams.get(PARAMETER) !== (chosen ?? null);
    if ((!chosen || isGone) && !isChanged && latest) replace(latest);
  }, [chosen, isGone, latest]);
  useEffect(() => forgetOpened(all ?? []), [all]);
  /**
   * Shows a conversation that was just created in place of the new one.
   * @returns `elsewhere` if the user has left the new conversation meanwhile: then nothing changes
   */
  const settle = useCallback(
    (created: string): 'replaced' | 'already shown' | 'elsewhere' => {
      const { pathname, searchParams } = currentUrl();
      const current = searchParams.get(PARAMETER) ?? NEW;
      if (pathname !== `/agents/${agentId}/chat`) return 'elsewhere';
      if (current !== NEW) return current === created ? 'already shown' : 'elsewhere';
      replace(created);
      return 'replaced';
    },
    [agentId],
  );
  return {
    id,
    conversation: listed ?? older,
    /** Whether it is known which conversation is shown. If the list failed to load, the next message begins a new one. */
    ready: chosen !== undefined || Boolean(error),
    /** Shows another conversation; undefined begins a new one. */
    select(next: string | undefined) {
      const url = currentUrl();
      url.searchParams.set(PARAMETER, next ?? NEW);
      window.history.pushState(null, '', url);
    },
    settle,
  };
}
