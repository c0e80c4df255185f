import { Readable } from 'node:stream';
import type { Agent } from '../../generated/prisma/client.ts';
import { type Actor, userOf } from '../../shared/actor.ts';
import type { Download } from '../../shared/streams.ts';
import { getAccount } from '../accounts/get-account.ts';
import type { Context } from '../context.ts';

type Slice = Pick<Context, 'accounts' | 'database' | 'clock'>;

/** Messages per query: the file is never whole in memory. */
const BATCH = 500;

/** What an account has besides its agents. Secrets, hashes and sealed values are not read. */
async function readAccount(context: Slice, actor: Actor) {
  const ownerId = userOf(actor);
  const account = await getAccount(context, actor);
  return context.database.as({ userId: ownerId }, async (tx) => {
    const where = { ownerId };
    const created = { orderBy: { createdAt: 'asc' } } as const;
    return {
      account,
      sessions: await tx.session.findMany({
        where,
        ...created,
        select: { id: true, createdAt: true, lastSeenAt: true, userAgent: true, expiresAt: true, endedAt: true },
      }),
      apiKeys: await tx.apiKey.findMany({
        where,
        ...created,
        select: { id: true, name: true, preview: true, scopes: true, agentId: true, createdAt: true, lastUsedAt: true, expiresAt: true },
      }),
      modelKeys: await tx.providerKey.findMany({
        where,
        ...created,
        select: { provider: true, preview: true, createdAt: true, updatedAt: true },
      }),
      wallets: await tx.wallet.findMany({ where, select: { address: true, linkedAt: true } }),
      signInPasskeys: await tx.signInPasskey.findMany({
        where,
        ...created,
        select: { id: true, name: true, createdAt: true, lastUsedAt: true },
      }),
      passkeys: await tx.passkey.findMany({ where, ...created, select: { credentialId: true, createdAt: true } }),
      subscriptions: await tx.subscription.findMany({
        where,
        select: { id: true, plan: true, status: true, currentPeriodEnd: true },
      }),
      planRequests: await tx.planRequest.findMany({
        where,
        ...created,
        select: { plan: true, message: true, state: true, createdAt: true, decidedAt: true, grantedPlan: true, reason: true },
      }),
      modelCalls: (await tx.modelDay.findMany({ where, orderBy: [{ day: 'asc' }, { agentId: 'asc' }] })).map((row) => ({
        day: row.day.toISOString().slice(0, 10),
        agentId: row.agentId,
        provider: row.provider,
        model: row.model,
        requests: row.requests,
        inputTokens: Number(row.inputTokens),
        outputTokens: Number(row.outputTokens),
        costUsd: Number(row.costMicros) / 1_000_000,
      })),
    };
  });
}

/** An agent with its settings, backups and conversations, without its messages. */
async function readAgent({ database }: Slice, ownerId: string, agent: Agent) {
  const where = { agentId: agent.id, ownerId };
  return database.as({ userId: ownerId }, async (tx) => ({
    id: agent.id,
    name: agent.name,
    model: agent.model,
    aiProvider: agent.aiProvider,
    plan: agent.plan,
    state: agent.state,
    config: agent.config,
    createdAt: agent.createdAt,
    backups: await tx.backup.findMany({
      where,
      orderBy: { createdAt: 'asc' },
      select: { id: true, cause: true, image: true, createdAt: true },
    }),
    conversations: await tx.chatSession.findMany({
      where,
      orderBy: { createdAt: 'asc' },
      select: { id: true, title: true, platform: true, createdAt: true, lastActivityAt: true },
    }),
  }));
}

/** The messages of an agent in batches, oldest first. */
async function* readMessages({ database }: Slice, ownerId: string, agentId: string) {
  for (let after = 0n; ; ) {
    const rows = await database.as({ userId: ownerId }, (tx) =>
      tx.message.findMany({
        where: { agentId, ownerId, seq: { gt: after } },
        orderBy: { seq: 'asc' },
        take: BATCH,
        select: { seq: true, id: true, sessionId: true, sender: true, platform: true, content: true, createdAt: true },
      }),
    );
    const last = rows.at(-1);
    if (last) yield rows.map(({ seq: _seq, sessionId, ...row }) => ({ ...row, conversationId: sessionId }));
    if (!last || rows.length < BATCH) return;
    after = last.seq;
  }
}

/** The object's JSON without its closing brace, so that a list can follow. */
const opened = (value: object, list: string) => `${JSON.stringify(value).slice(0, -1)},"${list}":[`;

/**
 * What the account has, as one JSON document without secrets. Files of the agents' workspaces and images of conversations are in
 * their backups. The first read happens before this returns, so that its error reaches the caller.
 */
export async function exportAccount(context: Slice, actor: Actor): Promise<Download> {
  const ownerId = userOf(actor);
  const head = { exportedAt: context.clock.now().toISOString(), ...(await readAccount(context, actor)) };
  const agents = await context.database.as({ userId: ownerId }, (tx) =>
    tx.agent.findMany({ where: { ownerId }, orderBy: { createdAt: 'asc' } }),
  );
  async function* text() {
    yield opened(head, 'agents');
    for (const [index, agent] of agents.entries()) {
      yield `${index ? ',' : ''}${opened(await readAgent(context, ownerId, agent), 'messages')}`;
      let separator = '';
      for await (const batch of readMessages(context, ownerId, agent.id)) {
        yield separator + batch.map((message) => JSON.stringify(message)).join(',');
        separator = ',';
      }
      yield ']}';
    }
    yield ']}\n';
  }
  return { content: Readable.from(text()), name: 'agentbot-account.json', type: 'application/json; charset=utf-8' };
}
