import { MAX_IMAGES } from '@agentbot/contracts/image-type';
import { useCallback, useSyncExternalStore } from 'react';
import { load, save } from '../../lib/storage.ts';
import type { AttachedImage } from './attached-image.ts';
import { storageKey } from './storage-key.ts';

const listeners = new Set<() => void>();
const subscribe = (listener: () => void) => {
  listeners.add(listener);
  return () => listeners.delete(listener);
};

const keyOf = storageKey.bind(undefined, 'draft');

const NO_IMAGES: readonly AttachedImage[] = [];
/** The images of the drafts. They are too large for the browser's storage. */
const imagesOf = new Map<string, readonly AttachedImage[]>();

function set(key: string, text: string): void {
  save(key, text || undefined);
  for (const each of listeners) each();
}
function setImagesOf(key: string, images: readonly AttachedImage[]): void {
  if (images.length) imagesOf.set(key, images);
  else imagesOf.delete(key);
  for (const each of listeners) each();
}

/** Moves the draft of a new conversation to the conversation that was opened for it. */
export function moveDraft(agentId: string, conversation: string): void {
  const [from, to] = [keyOf(agentId, undefined), keyOf(agentId, conversation)];
  const text = load<string>(from);
  const images = imagesOf.get(from);
  if (text) set(to, text);
  if (images) setImagesOf(to, images);
  set(from, '');
  setImagesOf(from, NO_IMAGES);
}

/** Removes the draft of a deleted conversation. */
export function forgetDraft(agentId: string, conversation: string): void {
  set(keyOf(agentId, conversation), '');
  setImagesOf(keyOf(agentId, conversation), NO_IMAGES);
}

/**
 * The unsent text and images of a conversation's message field. The browser keeps the text through a reload until it is sent, and
 * the images until the page is closed.
 */
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
  const images = useSyncExternalStore(
    subscribe,
    () => imagesOf.get(key) ?? NO_IMAGES,
    () => NO_IMAGES,
  );
  const setImages = useCallback((next: readonly AttachedImage[]) => setImagesOf(key, next), [key]);
  /** Adds images, as many as a message may have. @returns the number of those that were left out */
  const addImages = useCallback(
    (added: readonly AttachedImage[]) => {
      const all = [...(imagesOf.get(key) ?? NO_IMAGES), ...added];
      setImagesOf(key, all.slice(0, MAX_IMAGES));
      return Math.max(0, all.length - MAX_IMAGES);
    },
    [key],
  );
  return { text, setText, addText, images, setImages, addImages };
}
