import { z } from 'zod';
import { agentIdSchema, agentParams, webStatusSchema } from './agents.ts';
import { defineRoute } from './define-route.ts';
import { planSchema } from './plans.ts';

const timestamp = z.iso.datetime();
/** How much of a budget for model calls is used. Days and months are UTC. */
const budgetUse = z.strictObject({
  period: z.enum(['day', 'month']),
  usd: z.number(),
  spentUsd: z.number(),
  /** Rounded down: 100 when nothing is left. */
  usedPercent: z.int(),
});
export type BudgetUse = z.infer<typeof budgetUse>;

/** An agent as the dashboard's list shows it. */
const row = z.strictObject({
  id: z.string(),
  name: z.string(),
  model: z.string(),
  status: webStatusSchema,
  /** The reason for the state `error`, or why the platform stopped the agent. */
  reason: z.string().nullable(),
  /** Why the data of a running agent is past the limit of its plan. */
  diskProblem: z.string().nullable(),
  /**
   * The running container was made before the model gateway: until a restart it calls its provider itself, with a provider's key
   * in its environment or without a key, and its calls are neither booked nor limited.
   */
  gatewayBypass: z.enum(['with_key', 'without_key']).nullable(),
  plan: planSchema,
  /** The channels with a token. */
  channels: z.array(z.enum(['telegram', 'discord', 'whatsapp', 'slack'])),
  /** The newest message, cut to one line. */
  lastMessage: z.strictObject({ text: z.string(), sender: z.enum(['user', 'agent']), platform: z.string(), at: timestamp }).nullable(),
  /** The container's usage in each of the last minutes, oldest first: percent of one CPU, percent of its memory. */
  figures: z.strictObject({ cpu: z.array(z.number()), memory: z.array(z.number()) }).nullable(),
  /** What the agent's model calls cost today (UTC). */
  spentTodayUsd: z.number(),
  /** The budget of the agent, and that of its account, per day or month, of which more is used; null without one. */
  budgets: z.strictObject({ agent: budgetUse.nullable(), account: budgetUse.nullable() }),
  createdAt: timestamp,
});
export type OverviewRow = z.infer<typeof row>;

const list = z.strictObject({ agents: z.array(row), status: z.literal('ok') });
export const listOverview = defineRoute({
  id: 'listOverview',
  summary: "The caller's agents as the dashboard lists them, newest first",
  method: 'GET',
  auth: 'caller',
  status: 200,
  failure: 'Failed to list agents',
  errors: ['UNAUTHORIZED'],
  backend: { path: '/api/overview', response: list },
  web: { path: '/api/overview', response: list },
});

const frame = z.discriminatedUnion('type', [
  /** Changes may have been missed: the client must read the list again. Always the first event. */
  z.strictObject({ type: z.literal('again') }),
  /** The account changed: its plan, its rights, its name, or the answer to its request for a plan. */
  z.strictObject({ type: z.literal('account') }),
  z.strictObject({ type: z.literal('changed'), agents: z.array(row), removed: z.array(z.string()) }),
]);
export type OverviewFrame = z.infer<typeof frame>;
export const streamOverview = defineRoute({
  id: 'streamOverview',
  summary: "Changes of the caller's agents, or of one of them, and of the account, as server-sent events `agents`, at most two per second",
  method: 'GET',
  auth: 'caller',
  stream: true,
  query: z.object({ agentId: agentIdSchema.optional() }),
  status: 200,
  failure: 'Failed to stream agents',
  errors: ['INVALID_REQUEST', 'UNAUTHORIZED'],
  backend: { path: '/api/overview/stream', response: frame },
  web: { path: '/api/overview/stream', response: frame },
});

const agent = row.extend({
  url: z.string(),
  websocketUrl: z.string(),
  aiProvider: z.string(),
  openclawVersion: z.string().nullable(),
  image: z.string().nullable(),
  /** The default image of an update. */
  platformImage: z.string(),
  startedAt: timestamp.nullable(),
  /** The container's last state in the engine, with its time. */
  observed: z.strictObject({ state: z.string(), at: timestamp }).nullable(),
  /** The container's limits; null before the first container. */
  resources: z.strictObject({ memoryBytes: z.int(), cpus: z.number(), pids: z.int() }).nullable(),
  /** The agent's data at its last measurement: the disk that it uses, the length of its files, and when it is stopped for that. */
  disk: z
    .strictObject({
      usedBytes: z.int(),
      apparentBytes: z.int(),
      limitBytes: z.int(),
      measuredAt: timestamp,
      stopsAt: timestamp.nullable(),
    })
    .nullable(),
  /** `api`: the agent has no container, since Docker was unavailable; the backend calls its model provider. */
  runtime: z.enum(['container', 'api']).nullable(),
  /** Whether the container has the agent's saved configuration; null without a container. */
  current: z.boolean().nullable(),
  /** What the container has otherwise than saved; `other` names no values: keys, channels, owners, domains. */
  differences: z.array(
    z.strictObject({
      setting: z.enum(['provider', 'model', 'endpoint', 'plan', 'other']),
      saved: z.string().nullable(),
      running: z.string().nullable(),
    }),
  ),
  verified: z.boolean(),
  verificationType: z.string().nullable(),
});
export type AgentOverview = z.infer<typeof agent>;
const one = z.strictObject({ agent, status: z.literal('ok') });
export const getAgentOverview = defineRoute({
  id: 'getAgentOverview',
  summary: "An agent as the dashboard's page shows it: observed state, image, resources, addresses",
  method: 'GET',
  auth: 'caller',
  params: agentParams,
  status: 200,
  failure: 'Failed to fetch agent',
  errors: ['UNAUTHORIZED', 'AGENT_NOT_FOUND'],
  backend: { path: '/api/agents/:id/overview', response: one },
  web: { path: '/api/agents/:id/overview', response: one },
});
