import { setTimeout as sleep } from 'node:timers/promises';
import type { Agent } from '../../generated/prisma/client.ts';
import type { Transaction } from '../../infra/database/database.ts';
import type { GatewayConnection } from '../../infra/openclaw/gateway-connection.ts';
import { type HistoryEntry, history, stripDirectives, textOf } from '../../infra/openclaw/session-history.ts';
import { newId } from '../../shared/ids.ts';
import { coalesce } from '../../shared/keyed-runner.ts';
import { sha256 } from '../../shared/sha256.ts';
import type { Context } from '../context.ts';

/** What `sessions.list` says of a session; the time is in milliseconds since 1970. */
interface GatewaySession {
  key: string;
  sessionId?: string;
  updatedAt?: number;
  channel?: string;
  lastChannel?: string;
  origin?: { provider?: string };
}
type Slice = Pick<Context, 'database' | 'log'>;

/** A run's end is told before its words are written down. */
const SETTLE_MS = 400;
/** When a conversation that ends with a person's words is looked at again: on a busy machine the answer is written later. */
const AGAIN_MS = [2_000, 10_000];
const SESSIONS = 100;
const MESSAGES = 1_000;
/** The sessions that begin here have these keys in the gateway; their messages are stored when they are said. */
const OWN = /^agent:main:sess_/;

const platformOf = ({ key, channel, lastChannel, origin }: GatewaySession): string =>
  channel ?? lastChannel ?? origin?.provider ?? (key.includes(':cron:') ? 'cron' : 'api');

/** The messages of a gateway's session as rows: the same message has the same id, however often it is read. */
function messagesOf(agent: Agent, sessionId: string, platform: string, session: GatewaySession, entries: HistoryEntry[]) {
  return entries.flatMap(({ role, content, timestamp = session.updatedAt }) => {
    if (role !== 'user' && role !== 'assistant') return [];
    const words = textOf(content).replaceAll('\u0000', '');
    const said = (role === 'user' ? words : stripDirectives(words)).trim();
    if (!said) return [];
    const id = newId('msg', sha256(JSON.stringify([agent.id, session.sessionId, role, timestamp, said])).slice(0, 24));
    const sender = role === 'user' ? 'user' : 'agent';
    return {
      id,
      agentId: agent.id,
      ownerId: agent.ownerId,
      sessionId,
      sender,
      content: said,
      platform,
      createdAt: new Date(timestamp ?? 0),
    };
  });
}

/** Our row of a gateway's session, made when it is new; `null` when nothing has changed since it was last read. */
async function rowOf(tx: Transaction, agent: Agent, session: GatewaySession, platform: string) {
  const gatewaySessionId = session.sessionId ?? session.key;
  const key = { agentId_gatewaySessionId: { agentId: agent.id, gatewaySessionId } };
  const known = await tx.chatSession.findUnique({ where: key });
  if (known && (known.syncedAt?.getTime() ?? 0) >= (session.updatedAt ?? 0)) return null;
  if (known) return known;
  await tx.chatSession.createMany({
    data: { id: newId('sess'), agentId: agent.id, ownerId: agent.ownerId, gatewaySessionId, platform },
    skipDuplicates: true,
  });
  return tx.chatSession.findUnique({ where: key });
}

/** @returns whether a conversation that has changed still waits for the agent's words */
async function importMessages({ database }: Slice, agentId: string, gateway: GatewayConnection): Promise<boolean> {
  const { sessions } = await gateway.request<{ sessions: GatewaySession[] }>('sessions.list', { limit: SESSIONS });
  const foreign = sessions.filter(({ key }) => !OWN.test(key));
  if (foreign.length === 0) return false;
  const agent = await database.as('service', (tx) => tx.agent.findUnique({ where: { id: agentId } }));
  if (!agent) return false;
  let waiting = false;
  for (const session of foreign.reverse()) {
    const platform = platformOf(session);
    const row = await database.as('service', (tx) => rowOf(tx, agent, session, platform));
    if (!row) continue;
    const entries = await history(gateway, session.key, MESSAGES);
    const data = messagesOf(agent, row.id, platform, session, entries);
    const lastActivityAt = new Date(session.updatedAt ?? 0);
    const unanswered = data.at(-1)?.sender === 'user';
    waiting ||= unanswered;
    await database.as('service', async (tx) => {
      await tx.message.createMany({ data, skipDuplicates: true });
      // What is not answered yet is read again, though the gateway may call it unchanged.
      const read = { lastActivityAt, ...(!unanswered && { syncedAt: lastActivityAt }) };
      await tx.chatSession.update({ where: { id: row.id }, data: read });
    });
  }
  return waiting;
}

/**
 * Takes over what is said to an agent on its channels, or at its own address, for as long as the connection lasts: what
 * was said before it opened, and each conversation as it goes on.
 */
export function syncConversations(context: Slice, agentId: string, gateway: GatewayConnection, againMs = AGAIN_MS): void {
  let closed = false;
  let retries = 0;
  let retry: NodeJS.Timeout | undefined;

  const reading = coalesce(async () => {
    clearTimeout(retry);
    if (closed) return;
    await sleep(SETTLE_MS);
    try {
      const waiting = !closed && (await importMessages(context, agentId, gateway));
      if (waiting && !closed && retries < againMs.length) retry = setTimeout(reading.run, againMs[retries++]);
    } catch (error) {
      if (!closed) context.log.warn({ err: error, agentId }, "an agent's conversations could not be read");
    }
  });
  function read(): void {
    retries = 0;
    reading.run();
  }
  gateway.once('close', () => {
    closed = true;
    clearTimeout(retry);
  });
  gateway.on('event', (name, payload) => {
    if (name !== 'agent') return;
    const { stream, sessionKey = '', data } = payload as { stream?: string; sessionKey?: string; data?: { phase?: string } };
    if (stream === 'lifecycle' && data?.phase !== 'start' && !OWN.test(sessionKey)) read();
  });
  read();
}
