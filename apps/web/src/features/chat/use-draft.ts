import { useCallback, useSyncExternalStore } from 'react';
import { load, save } from '../../lib/storage.ts';

const listeners = new Set<() => void>();
const subscribe = (listener: () => void) => {
  listeners.add(listener);
  return () => listeners.delete(listener);
};

const keyOf = (agentId: string, conversation: string | undefined) => `draft:${agentId}:${conversation ?? 'new'}`;

function set(key: string, text: string): void {
  save(key, text || undefined);
  for (const each of listeners) each();
}

/** Moves the draft of a new conversation to the one that was opened for it. */
export function moveDraft(agentId: string, conversation: string): void {
  const [from, to] = [keyOf(agentId, undefined), keyOf(agentId, conversation)];
  set(to, load<string>(from) ?? '');
  set(from, '');
}

/** The unsent text of a conversation's message field. The browser keeps it through a reload, until it is sent. */
export function useDraft(agentId: string, conversation: string | undefined) {
  const key = keyOf(agentId, conversation);
  const text = useSyncExternalStore(
    subscribe,
    () => load<string>(key) ?? '',
    () => '',
  );
  const setText = useCallback((next: string) => set(key, next), [key]);
  return [text, setText] as const;
}
