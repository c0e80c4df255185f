import { ApiError } from '@agentbot/contracts/client';
import { t } from '@lingui/core/macro';
import { useSyncExternalStore } from 'react';
import { api } from '../../lib/api/client.ts';
import { errorMessage } from '../../lib/api/errors.ts';
import { load, save } from '../../lib/storage.ts';
import type { AttachedImage } from './attached-image.ts';
import { storageKey } from './storage-key.ts';
import { openConversation } from './use-conversations.ts';

/**
 * Messages that the server does not have yet, by conversation. They are sent one after the other, so that they keep their
 * order. A retry has the same Idempotency-Key, so that the server does not store a message twice if a response is lost. The
 * browser keeps the messages through a reload; then the user must send them again.
 */
export interface Outgoing {
  /** The Idempotency-Key of the requests that send this message. */
  key: string;
  text: string;
  images?: readonly AttachedImage[];
  /** Why the message was not sent; absent while the request runs. */
  problem?: string;
  /** The id that the server gave to the message; absent until it is sent. */
  id?: string;
}

const NONE: readonly Outgoing[] = [];

const lists = new Map<string, readonly Outgoing[]>();
const listeners = new Set<() => void>();
const turns = new Map<string, Promise<unknown>>();

/** A random key; `randomUUID` needs HTTPS. */
const newKey = () => Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('');

const nameOf = storageKey.bind(undefined, 'outbox');

function read(name: string): readonly Outgoing[] {
  const known = lists.get(name);
  if (known) return known;
  const stored = (load<Outgoing[]>(name) ?? []).map((each) => ({
    ...each,
    problem: each.problem ?? t`The page was closed before the server confirmed the message.`,
  }));
  const list = stored.length ? stored : NONE;
  lists.set(name, list);
  return list;
}

function change(name: string, next: readonly Outgoing[]): void {
  lists.set(name, next.length ? next : NONE);
  const unsent = next.filter(({ id }) => id === undefined);
  const store = (list: readonly Outgoing[]) => save(name, list.length ? list : undefined);
  // Images may be too large for the browser's storage; messages without images are kept then.
  if (!store(unsent)) store(unsent.filter(({ images }) => !images));
  for (const each of listeners) each();
}

const has = (name: string, key: string) => read(name).some((each) => each.key === key);
const put = (name: string, item: Outgoing) => change(name, [...read(name).filter(({ key }) => key !== item.key), item]);
/** Changes a message. A message that was discarded meanwhile stays discarded. */
const update = (name: string, key: string, changes: Partial<Outgoing>) =>
  change(
    name,
    read(name).map((each) => (each.key === key ? { ...each, ...changes } : each)),
  );

/** Notes why a message was not sent. It keeps its key, because the server may have stored the message. */
function fail(name: string, key: string, error: unknown): void {
  // The agent does not run. The server stores this refusal with the key, and would repeat it when the agent runs again.
  const isStoredRefusal = error instanceof ApiError && error.body.code === 'OPERATION_FAILED';
  update(name, key, { problem: errorMessage(error), ...(isStoredRefusal && { key: newKey() }) });
}

/** Removes a message from the outbox: the history has it, or the user discarded it. */
export function discard(agentId: string, conversation: string | undefined, key: string): void {
  const name = nameOf(agentId, conversation);
  change(
    name,
    read(name).filter((each) => each.key !== key),
  );
}

/** Removes the messages of a deleted conversation. */
export const forgetOutbox = (agentId: string, conversation: string): void => change(nameOf(agentId, conversation), NONE);

/** The messages of a conversation that the history does not have yet, in the order in which they are sent. */
export function useOutbox(agentId: string, conversation: string | undefined): readonly Outgoing[] {
  const name = nameOf(agentId, conversation);
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => read(name),
    () => NONE,
  );
}

/** Sends a message after the messages before it. @returns whether the server has it */
function post(agentId: string, conversation: string, { key, text, images }: Outgoing): Promise<boolean> {
  const name = nameOf(agentId, conversation);
  put(name, { key, text, ...(images && { images }) });
  const turn = (turns.get(name) ?? Promise.resolve()).then(async () => {
    // The message may have been discarded while it waited for its turn.
    if (!has(name, key)) return false;
    try {
      const sent = images && { images: images.map(({ data }) => ({ data })) };
      const body = { message: text, ...sent, agentId, sessionId: conversation, wait: false };
      const { id } = await api('sendMessage', { body, headers: { 'idempotency-key': key } });
      update(name, key, { id });
      return true;
    } catch (error) {
      fail(name, key, error);
      return false;
    }
  });
  turns.set(name, turn);
  return turn;
}

/** The conversation that is opened for the first messages of a new one, by agent. */
const openings = new Map<string, Promise<string>>();

/** Opens one conversation for all messages that are sent before the page shows it. @param key the Idempotency-Key of the first message */
function openOnce(agentId: string, key: string): Promise<string> {
  const opening = openings.get(agentId) ?? openConversation(agentId, `${key}-conversation`);
  openings.set(agentId, opening);
  opening.catch(() => openings.delete(agentId));
  return opening;
}

/** Ends the effect of `openOnce`: the page shows a conversation, so the next new one is another. */
export const forgetOpening = (agentId: string): void => void openings.delete(agentId);

/**
 * Sends a message to a conversation, or to a new one, which it opens first.
 * @param onOpened called with the id of a conversation that was opened
 * @param item the message if an earlier attempt failed
 * @returns whether the server has the message
 */
export async function send(
  agentId: string,
  conversation: string | undefined,
  content: Pick<Outgoing, 'text' | 'images'>,
  { onOpened, item }: { onOpened: (id: string) => void; item?: Outgoing | undefined },
): Promise<boolean> {
  // A retry of a message that was discarded or sent meanwhile would show it again.
  if (item && !has(nameOf(agentId, conversation), item.key)) return false;
  const { key } = item ?? { key: newKey() };
  const message = { key, ...content };
  if (conversation) return post(agentId, conversation, message);
  const name = nameOf(agentId, undefined);
  put(name, message);
  try {
    const opened = await openOnce(agentId, key);
    const sent = post(agentId, opened, message);
    discard(agentId, undefined, key);
    onOpened(opened);
    return await sent;
  } catch (error) {
    fail(name, key, error);
    return false;
  }
}
