import { z } from 'zod';
import { agentIdSchema, agentParams, webStatusSchema } from './agents.ts';
import { defineRoute } from './define-route.ts';
import { planSchema } from './plans.ts';

const timestamp = z.iso.datetime();
const instanceParams = z.object({ userId: agentIdSchema });

const instance = z.strictObject({
  userId: z.string(),
  status: webStatusSchema,
  startedAt: timestamp.nullable(),
  subdomain: z.string(),
  url: z.string(),
  plan: planSchema,
  openclawVersion: z.string().nullable(),
});
export const getInstance = defineRoute({
  id: 'getInstance',
  summary: "An agent's instance; `userId` is the agent's id",
  method: 'GET',
  auth: 'caller',
  params: instanceParams,
  status: 200,
  failure: 'Failed to fetch instance',
  errors: ['UNAUTHORIZED', 'AGENT_NOT_FOUND'],
  backend: { path: '/api/instance/:userId', response: instance },
  web: { path: '/api/instance/:userId', response: instance, foreignIs: 403 },
});

const usage = z.strictObject({
  userId: z.string(),
  cpu: z.string(),
  memory: z.string(),
  status: webStatusSchema,
  plan: planSchema,
  openclawVersion: z.string().nullable(),
});
export const getInstanceUsage = defineRoute({
  id: 'getInstanceUsage',
  summary: "CPU and memory of an agent's instance",
  method: 'GET',
  auth: 'caller',
  params: instanceParams,
  status: 200,
  failure: 'Failed to fetch instance stats',
  errors: ['UNAUTHORIZED', 'AGENT_NOT_FOUND'],
  backend: { path: '/api/instance/:userId/stats', response: usage },
  web: { path: '/api/instance/:userId/stats', response: usage, foreignIs: 403 },
});

const figure = z.union([z.number(), z.literal('N/A')]);
const rate = z.union([z.string().regex(/^\d+\.\d\d$/), z.literal('N/A')]);
const live = z.strictObject({
  stats: z.strictObject({
    agentId: z.string(),
    cpu: z.string(),
    memory: z.string(),
    memoryPercent: z.string(),
    network: z.string(),
    uptime: z.int(),
    uptimeFormatted: z.string(),
    status: webStatusSchema,
    pids: z.string(),
    messagesProcessed: figure,
    messagesPerHour: figure,
    averageResponseTime: figure,
    successRate: rate,
    errorRate: rate,
  }),
  status: z.literal('ok'),
});
/** The web's response while the backend is unreachable: the last values that the web has seen, or `null`. */
const lastSeen = z.strictObject({
  stats: z.strictObject({
    agentId: z.string(),
    messagesProcessed: figure.nullable(),
    messagesPerHour: figure.nullable(),
    averageResponseTime: figure.nullable(),
    uptime: z.int().nullable(),
    successRate: rate.nullable(),
    errorRate: rate.nullable(),
    timestamp: timestamp.nullable(),
  }),
  status: z.literal('mock'),
});
export type LiveStats = z.infer<typeof live>;
export type LastSeenStats = z.infer<typeof lastSeen>;
export const getAgentStats = defineRoute({
  id: 'getAgentStats',
  summary: "An agent's figures; the web returns the last known figures while the backend is unreachable",
  method: 'GET',
  auth: 'caller',
  params: agentParams,
  status: 200,
  failure: 'Failed to fetch stats',
  errors: ['UNAUTHORIZED', 'AGENT_NOT_FOUND'],
  backend: { path: '/api/agents/:id/stats', response: live },
  web: { path: '/api/agents/:id/stats', response: z.union([live, lastSeen]), whenUnreachable: 'lastSeenStats' },
});

const point = z.strictObject({
  /** The start of the minute or hour. */
  timestamp,
  /** Percent of one CPU. */
  cpu: z.number(),
  memory: z.int(),
  memoryLimit: z.int(),
  /** Bytes moved in this minute or hour. */
  received: z.int(),
  sent: z.int(),
  read: z.int(),
  written: z.int(),
  pids: z.number(),
});
const history = z.strictObject({
  history: z.strictObject({
    agentId: z.string(),
    range: z.enum(['day', 'month']),
    /** Milliseconds from one point to the next. */
    interval: z.int(),
    points: z.array(point),
  }),
  status: z.literal('ok'),
});
export type UsageHistory = z.infer<typeof history>;
export const getAgentStatsHistory = defineRoute({
  id: 'getAgentStatsHistory',
  summary: "The usage of an agent's container: per minute for a day, or per hour for 30 days, oldest first; sizes in bytes",
  method: 'GET',
  auth: 'caller',
  params: agentParams,
  query: z.object({ range: z.enum(['day', 'month'], { error: 'range must be day or month' }).default('day') }),
  status: 200,
  failure: 'Failed to fetch stats history',
  errors: ['INVALID_REQUEST', 'UNAUTHORIZED', 'AGENT_NOT_FOUND'],
  backend: { path: '/api/agents/:id/stats/history', response: history },
  web: { path: '/api/agents/:id/stats/history', response: history },
});
