import { type AgentOverview, type OverviewRow, plans } from '@agentbot/contracts';
import { type Agent, Prisma } from '../../generated/prisma/client.ts';
import type { Transaction } from '../../infra/database/database.ts';
import { readAgentConfig } from '../../infra/openclaw/agent-config.ts';
import { type Actor, seesAccount, tenantOf, userOf } from '../../shared/actor.ts';
import { agentUrl } from '../agents/addresses.ts';
import { webAgent } from '../agents/agent-view.ts';
import { getAgent } from '../agents/agents.ts';
import { stopsAt } from '../containers/disk-limit.ts';
import type { Context } from '../context.ts';
import { isCurrent } from '../provisioning/create-container.ts';
import { readSpend, usd } from '../usage/spend.ts';
import { budgetsInUse } from './budgets-in-use.ts';
import { gatewayBypass, readableSpec } from './gateway-bypass.ts';
import { unappliedChanges } from './unapplied-changes.ts';

type Slice = Pick<Context, 'database' | 'config' | 'clock' | 'log'>;

/** Maximum characters of the last message in a list. */
const MAX_PREVIEW = 160;
const channelOf = { telegramToken: 'telegram', discordBotToken: 'discord', whatsappToken: 'whatsapp', slackBotToken: 'slack' } as const;
const tokenNames = Object.keys(channelOf) as (keyof typeof channelOf)[];

interface LastMessage {
  agentId: string;
  text: string;
  sender: 'user' | 'agent';
  platform: string;
  at: Date;
}

/** The newest message of each agent, in one query: the lateral join reads one index entry per agent. */
async function lastMessages(tx: Transaction, ids: string[]): Promise<Map<string, LastMessage>> {
  const rows = await tx.$queryRaw<LastMessage[]>(Prisma.sql`
    SELECT a.id AS "agentId", left(m.content, ${MAX_PREVIEW}) AS text, m.sender, m.platform, m.created_at AS at
    FROM unnest(${ids}::text[]) AS a(id)
    CROSS JOIN LATERAL (SELECT content, sender, platform, created_at FROM messages WHERE agent_id = a.id ORDER BY seq DESC LIMIT 1) m`);
  return new Map(rows.map((row) => [row.agentId, row]));
}

interface Figures {
  agentId: string;
  cpu: number[];
  memory: number[];
}

/** CPU and memory use of each agent's container in the last 30 minutes, one value a minute, in percent. */
async function recentFigures(tx: Transaction, ids: string[]): Promise<Map<string, Figures>> {
  const rows = await tx.$queryRaw<Figures[]>(Prisma.sql`
    SELECT agent_id AS "agentId", array_agg(round((100 * cpu)::numeric, 1)::float8 ORDER BY at) AS cpu,
      array_agg(round((100 * memory / greatest(memory_limit, 1))::numeric, 1)::float8 ORDER BY at) AS memory
    FROM usage_points
    WHERE agent_id = ANY(${ids}) AND grain = 'minute' AND at > app_now() - interval '30 minutes'
    GROUP BY agent_id`);
  return new Map(rows.map((row) => [row.agentId, row]));
}

/** What the rows of one owner's agents need besides the agents, in a constant number of queries. */
async function readForRows({ clock }: Slice, tx: Transaction, ownerId: string, ids: string[]) {
  return {
    messages: await lastMessages(tx, ids),
    figures: await recentFigures(tx, ids),
    owner: await tx.user.findUniqueOrThrow({ where: { id: ownerId } }),
    spend: await readSpend(tx, clock, ownerId, ids),
  };
}

type AgentWithSecretNames = Agent & { secrets: { name: string }[] };

function rowOf(context: Slice, actor: Actor, agent: AgentWithSecretNames, read: Awaited<ReturnType<typeof readForRows>>): OverviewRow {
  const secretNames = agent.secrets.map(({ name }) => name);
  const last = read.messages.get(agent.id);
  const figures = read.figures.get(agent.id);
  return {
    id: agent.id,
    name: agent.name,
    // An owner's own endpoint has a model of its own name.
    model: agent.model === 'custom' ? (readAgentConfig(agent).model ?? agent.model) : agent.model,
    status: agent.state,
    reason: agent.state === 'error' || agent.state === 'stopped' ? agent.stateReason : null,
    diskProblem: agent.state === 'running' ? agent.diskProblem : null,
    gatewayBypass: gatewayBypass(context, agent),
    plan: agent.plan,
    channels: tokenNames.filter((name) => secretNames.includes(name)).map((name) => channelOf[name]),
    lastMessage: last ? { text: last.text, sender: last.sender, platform: last.platform, at: last.at.toISOString() } : null,
    figures: figures ? { cpu: figures.cpu, memory: figures.memory } : null,
    spentTodayUsd: usd(read.spend.ofAgent(agent.id).today),
    budgets: budgetsInUse(context, agent, seesAccount(actor) ? read.owner : null, read.spend),
    createdAt: agent.createdAt.toISOString(),
  };
}

const withSecretNames = { secrets: { where: { name: { in: tokenNames } }, select: { name: true } } };

/** The dashboard's rows of the actor's agents, newest first: all of them, or those in `ids`. */
export async function listOverview(context: Slice, actor: Actor, ids?: string[]): Promise<OverviewRow[]> {
  const ownerId = userOf(actor);
  return context.database.as(tenantOf(actor), async (tx) => {
    const agents = await tx.agent.findMany({
      where: { ownerId, ...(ids && { id: { in: ids } }) },
      orderBy: [{ createdAt: 'desc' }, { id: 'desc' }],
      include: withSecretNames,
    });
    if (agents.length === 0) return [];
    const read = await readForRows(
      context,
      tx,
      ownerId,
      agents.map(({ id }) => id),
    );
    return agents.map((agent) => rowOf(context, actor, agent, read));
  });
}

/** The last measurement of an agent's data, against the limit of its plan; null before the first. */
function diskOf(agent: Agent): AgentOverview['disk'] {
  const { diskBytes, diskApparentBytes, diskMeasuredAt, state } = agent;
  if (diskBytes === null || diskApparentBytes === null || diskMeasuredAt === null) return null;
  return {
    usedBytes: Number(diskBytes),
    apparentBytes: Number(diskApparentBytes),
    limitBytes: plans[agent.plan].diskBytes,
    measuredAt: diskMeasuredAt.toISOString(),
    stopsAt: state === 'running' ? (stopsAt(agent)?.toISOString() ?? null) : null,
  };
}

/** One agent with the data of its page. @throws AppError AGENT_NOT_FOUND */
export async function getAgentOverview(context: Context, actor: Actor, id: string) {
  const agent = await getAgent(context, actor, id);
  const { config, database } = context;
  const row = await database.as(tenantOf(actor), async (tx) => {
    const secrets = await tx.agentSecret.findMany({ where: { agentId: id, name: { in: tokenNames } }, select: { name: true } });
    return rowOf(context, actor, { ...agent, secrets }, await readForRows(context, tx, agent.ownerId, [id]));
  });
  const spec = readableSpec(context, agent);
  const current = spec && agent.plan === spec.plan && (await isCurrent(context, agent, spec));
  return {
    ...row,
    url: agentUrl(agent, config),
    websocketUrl: webAgent(agent, config).websocketUrl,
    aiProvider: agent.aiProvider,
    openclawVersion: agent.openclawVersion,
    image: agent.image,
    platformImage: config.OPENCLAW_IMAGE,
    startedAt: agent.startedAt?.toISOString() ?? null,
    observed: agent.observedState && agent.observedAt ? { state: agent.observedState, at: agent.observedAt.toISOString() } : null,
    resources: spec ? { memoryBytes: spec.memoryBytes, cpus: spec.cpus, pids: spec.pidsLimit } : null,
    disk: diskOf(agent),
    runtime: agent.runtime,
    current,
    differences: spec && current === false ? unappliedChanges(context, agent, spec) : [],
    verified: agent.verified,
    verificationType: agent.verificationType,
  };
}
