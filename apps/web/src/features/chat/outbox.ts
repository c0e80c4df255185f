import { ApiError } from '@agentbot/contracts/client';
import { useSyncExternalStore } from 'react';
import { api } from '../../lib/api/client.ts';
import { errorMessage } from '../../lib/api/errors.ts';
import { load, save } from '../../lib/storage.ts';
import { openConversation } from './use-conversations.ts';

/**
 * Messages on their way to the server, by conversation. They are sent one after the other, so that they keep their order, and
 * with an Idempotency-Key, so that a message whose response was lost is not stored twice. The browser keeps them through a
 * reload; then they are unsent until the user tries again.
 */
export interface Outgoing {
  /** The Idempotency-Key of the request. */
  key: string;
  text: string;
  /** Why the message is not sent; absent while it is on its way. */
  problem?: string;
  /** The id that the server gave the message: it is sent. */
  id?: string;
}

const NONE: readonly Outgoing[] = [];
const INTERRUPTED = 'The page was closed before the message was sent.';

const lists = new Map<string, readonly Outgoing[]>();
const listeners = new Set<() => void>();
const turns = new Map<string, Promise<unknown>>();

/** A random key; `randomUUID` needs HTTPS. */
const newKey = () => Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('');

const nameOf = (agentId: string, conversation: string | undefined) => `outbox:${agentId}:${conversation ?? 'new'}`;

function read(name: string): readonly Outgoing[] {
  const known = lists.get(name);
  if (known) return known;
  const stored = (load<Outgoing[]>(name) ?? []).map((each) => ({ ...each, problem: each.problem ?? INTERRUPTED }));
  const list = stored.length ? stored : NONE;
  lists.set(name, list);
  return list;
}

function change(name: string, next: readonly Outgoing[]): void {
  lists.set(name, next.length ? next : NONE);
  const unsent = next.filter(({ id }) => id === undefined);
  save(name, unsent.length ? unsent : undefined);
  for (const each of listeners) each();
}

const put = (name: string, item: Outgoing) => change(name, [...read(name).filter(({ key }) => key !== item.key), item]);
const update = (name: string, item: Outgoing) =>
  change(
    name,
    read(name).map((each) => (each.key === item.key ? item : each)),
  );

function rekey(name: string, key: string): void {
  change(
    name,
    read(name).map((each) => (each.key === key ? { ...each, key: newKey() } : each)),
  );
}

/** Removes a message from the outbox: the history has it, or the user gave it up. */
export function discard(agentId: string, conversation: string | undefined, key: string): void {
  const name = nameOf(agentId, conversation);
  change(
    name,
    read(name).filter((each) => each.key !== key),
  );
}

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

/** Sends a message after those before it. @returns whether the server has it */
function post(agentId: string, conversation: string, { key, text }: Outgoing): Promise<boolean> {
  const name = nameOf(agentId, conversation);
  put(name, { key, text });
  const turn = (turns.get(name) ?? Promise.resolve()).then(async () => {
    try {
      const body = { message: text, agentId, sessionId: conversation, wait: false };
      const { id } = await api('sendMessage', { body, headers: { 'idempotency-key': key } });
      update(name, { key, text, id });
      return true;
    } catch (error) {
      update(name, { key, text, problem: errorMessage(error) });
      // The server refused the message: with the same key, it would repeat its refusal.
      if (error instanceof ApiError && error.status !== 502) rekey(name, key);
      return false;
    }
  });
  turns.set(name, turn);
  return turn;
}

/** The conversation that is opened for the first messages of a new one, by agent. */
const openings = new Map<string, Promise<string>>();

/** Opens one conversation for all messages that are sent before the page shows it. */
function openOnce(agentId: string): Promise<string> {
  const opening = openings.get(agentId) ?? openConversation(agentId);
  openings.set(agentId, opening);
  opening.catch(() => openings.delete(agentId));
  return opening;
}

/** Ends the effect of `openOnce`: the page shows a conversation, so the next new one is another. */
export const forgetOpening = (agentId: string): void => void openings.delete(agentId);

/**
 * Sends a message to a conversation, or to a new one, which it opens first.
 * @param onOpened called with the id of a conversation that was opened
 * @param item the message if it was unsent before
 * @returns whether the server has the message
 */
export async function send(
  agentId: string,
  conversation: string | undefined,
  text: string,
  { onOpened, item = { key: newKey(), text } }: { onOpened: (id: string) => void; item?: Outgoing | undefined },
): Promise<boolean> {
  if (conversation) return post(agentId, conversation, item);
  const name = nameOf(agentId, undefined);
  put(name, { key: item.key, text });
  try {
    const opened = await openOnce(agentId);
    const sent = post(agentId, opened, { key: item.key, text });
    discard(agentId, undefined, item.key);
    onOpened(opened);
    return await sent;
  } catch (error) {
    update(name, { key: item.key, text, problem: errorMessage(error) });
    return false;
  }
}
