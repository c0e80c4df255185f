import { setTimeout as sleep } from 'node:timers/promises';
import type { Agent } from '../../generated/prisma/client.ts';
import type { Transaction } from '../../infra/database/database.ts';
import type { GatewayConnection } from '../../infra/openclaw/gateway-connection.ts';
import { withoutEvents } from '../../infra/openclaw/message-envelope.ts';
import { type HistoryEntry, history, stripDirectives, textOf, withoutDeliveries } from '../../infra/openclaw/session-history.ts';
import { newId } from '../../shared/ids.ts';
import { coalesce } from '../../shared/keyed-runner.ts';
import { sha256 } from '../../shared/sha256.ts';
import type { Context } from '../context.ts';
import { setTitle } from './title.ts';

/** A session as the gateway's `sessions.list` returns it; `updatedAt` is in milliseconds since 1970. */
interface GatewaySession {
  key: string;
  sessionId?: string;
  updatedAt?: number;
  channel?: string;
  lastChannel?: string;
  origin?: { provider?: string };
}
type Slice = Pick<Context, 'database' | 'log'>;

/** The gateway announces the end of a run before it stores the reply. */
const SETTLE_MS = 400;
/** The delays before an unanswered conversation is read again: a busy machine stores the reply later. */
const RETRY_MS = [2_000, 10_000];
const MAX_SESSIONS = 100;
const MAX_MESSAGES = 1_000;
/** The gateway's keys of sessions that were opened here; their messages are stored when they are sent. */
const OWN_SESSION = /^agent:main:sess_/;

const platformOf = ({ key, channel, lastChannel, origin }: GatewaySession): string =>
  channel ?? lastChannel ?? origin?.provider ?? (key.includes(':cron:') ? 'cron' : 'api');

/** The messages of a gateway's session as rows. The id derives from the message, so a repeated read adds no duplicate. */
function messagesOf(agent: Agent, sessionId: string, platform: string, session: GatewaySession, entries: HistoryEntry[]) {
  return withoutDeliveries(entries).flatMap(({ role, content: parts, timestamp = session.updatedAt }) => {
    if (role !== 'user' && role !== 'assistant') return [];
    const raw = textOf(parts).replaceAll('\u0000', '');
    const text = (role === 'user' ? raw : stripDirectives(raw)).trim();
    const content = role === 'user' ? withoutEvents(text) : text;
    if (!content) return [];
    const id = newId('msg', sha256(JSON.stringify([agent.id, session.sessionId, role, timestamp, text])).slice(0, 24));
    const sender = role === 'user' ? 'user' : 'agent';
    return {
      id,
      agentId: agent.id,
      ownerId: agent.ownerId,
      sessionId,
      sender,
      content,
      platform,
      createdAt: new Date(timestamp ?? 0),
    };
  });
}

/** The row of a gateway's session, created for a new one; `null` when the session has not changed since the last read. */
async function rowOf(tx: Transaction, agent: Agent, session: GatewaySession, platform: string) {
  const gatewaySessionId = session.sessionId ?? session.key;
  const key = { agentId_gatewaySessionId: { agentId: agent.id, gatewaySessionId } };
  const existing = await tx.chatSession.findUnique({ where: key });
  if (existing && (existing.syncedAt?.getTime() ?? 0) >= (session.updatedAt ?? 0)) return null;
  if (existing) return existing;
  await tx.chatSession.createMany({
    data: { id: newId('sess'), agentId: agent.id, ownerId: agent.ownerId, gatewaySessionId, platform },
    skipDuplicates: true,
  });
  return tx.chatSession.findUnique({ where: key });
}

/** Stores the new messages of every session that was not opened here. @returns whether a changed conversation still lacks the agent's reply */
async function importMessages({ database }: Slice, agentId: string, gateway: GatewayConnection): Promise<boolean> {
  const { sessions } = await gateway.request<{ sessions: GatewaySession[] }>('sessions.list', { limit: MAX_SESSIONS });
  const foreign = sessions.filter(({ key }) => !OWN_SESSION.test(key));
  if (foreign.length === 0) return false;
  const agent = await database.as('service', (tx) => tx.agent.findUnique({ where: { id: agentId } }));
  if (!agent) return false;
  let waiting = false;
  for (const session of foreign.reverse()) {
    const platform = platformOf(session);
    const row = await database.as('service', (tx) => rowOf(tx, agent, session, platform));
    if (!row) continue;
    const entries = await history(gateway, session.key, MAX_MESSAGES);
    const data = messagesOf(agent, row.id, platform, session, entries);
    const lastActivityAt = new Date(session.updatedAt ?? 0);
    const unanswered = data.at(-1)?.sender === 'user';
    waiting ||= unanswered;
    await database.as('service', async (tx) => {
      await tx.message.createMany({ data, skipDuplicates: true });
      // An unanswered session is not marked as synced: it is read again even if the gateway reports no change.
      const read = { lastActivityAt, ...(!unanswered && { syncedAt: lastActivityAt }) };
      await tx.chatSession.update({ where: { id: row.id }, data: read });
      const first = data.find(({ sender }) => sender === 'user');
      if (first) await setTitle(tx, row, first.content);
    });
  }
  return waiting;
}

/** An event of a session: a step of a run (`agent`), or a change that subscribers are told (`sessions.changed`). */
interface SessionEvent {
  sessionKey?: string;
  stream?: string;
  data?: { phase?: string };
  phase?: string;
}

/** Whether an event tells that a session that was not opened here may have a new message. */
function mayHaveMessage(name: string, { sessionKey = '', stream, data, phase }: SessionEvent): boolean {
  if (OWN_SESSION.test(sessionKey)) return false;
  if (name === 'agent') return stream === 'lifecycle' && data?.phase !== 'start';
  return name === 'sessions.changed' && phase !== undefined && phase !== 'start';
}

/**
 * Copies an agent's conversations on its channels and at its own address into the store, while the gateway connection is
 * open: once at its start, and after each run.
 */
export function syncConversations(context: Slice, agentId: string, gateway: GatewayConnection, retryMs = RETRY_MS): void {
  let closed = false;
  let retries = 0;
  let retry: NodeJS.Timeout | undefined;

  const sync = coalesce(async () => {
    clearTimeout(retry);
    if (closed) return;
    await sleep(SETTLE_MS);
    try {
      const waiting = !closed && (await importMessages(context, agentId, gateway));
      if (waiting && !closed && retries < retryMs.length) retry = setTimeout(sync.run, retryMs[retries++]);
    } catch (error) {
      if (!closed) context.log.warn({ err: error, agentId }, "an agent's conversations could not be copied from its gateway");
    }
  });
  function restart(): void {
    retries = 0;
    sync.run();
  }
  gateway.once('close', () => {
    closed = true;
    clearTimeout(retry);
  });
  // From 2026.5 on, a gateway tells of the runs of its channels only to those who subscribe to its sessions.
  if (gateway.offers('sessions.subscribe')) {
    gateway.request('sessions.subscribe').catch((error) => {
      if (!closed) context.log.warn({ err: error, agentId }, "an agent's gateway does not tell of new messages on its channels");
    });
  }
  gateway.on('event', (name, payload) => {
    if (mayHaveMessage(name, payload as SessionEvent)) restart();
  });
  restart();
}
