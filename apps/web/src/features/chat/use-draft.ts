import { useCallback, useSyncExternalStore } from 'react';
import { load, save } from '../../lib/storage.ts';
import { storageKey } from './storage-key.ts';

const listeners = new Set<() => void>();
const subscribe = (listener: () => void) => {
  listeners.add(listener);
  return () => listeners.delete(listener);
};

const keyOf = storageKey.bind(undefined, 'draft');

function set(key: string, text: string): void {
  save(key, text || undefined);
  for (const each of listeners) each();
}

/** Moves the draft of a new conversation to the conversation that was opened for it. */
export function moveDraft(agentId: string, conversation: string): void {
  const from = keyOf(agentId, undefined);
  const text = load<string>(from);
  if (!text) return;
  set(keyOf(agentId, conversation), text);
  set(from, '');
}

/** Removes the draft of a deleted conversation. */
export const forgetDraft = (agentId: string, conversation: string): void => set(keyOf(agentId, conversation), '');

/** The unsent text of a conversation's message field. The browser keeps it through a reload until it is sent. */
export function useDraft(agentId: string, conversation: string | undefined) {
  const key = keyOf(agentId, conversation);
  const text = useSyncExternalStore(
    subscribe,
    () => load<string>(key) ?? '',
    () => '',
  );
  const setText = useCallback((next: string) => set(key, next), [key]);
  /** Adds a text below what the user has typed. */
  const addText = useCallback(
    (added: string) => {
      const typed = (load<string>(key) ?? '').trimEnd();
      set(key, typed ? `${typed}\n\n${added}` : added);
    },
    [key],
  );
  return { text, setText, addText };
}
