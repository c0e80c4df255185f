import { z } from 'zod';
import { agentParams } from './agents.ts';
import { defineRoute } from './define-route.ts';
import { pageQuery } from './paging.ts';

const timestamp = z.iso.datetime();

export const getOpenclawVersion = defineRoute({
  id: 'getOpenclawVersion',
  summary: 'The OpenClaw image of new agents, and the time of its deployment',
  method: 'GET',
  auth: 'caller',
  narrows: true,
  status: 200,
  failure: 'Failed to get version',
  errors: ['UNAUTHORIZED'],
  backend: {
    path: '/api/openclaw/version',
    response: z.strictObject({ openclawVersion: z.string(), image: z.string(), deployedAt: timestamp }),
  },
});

const instance = z.strictObject({
  agentId: z.string(),
  name: z.string(),
  image: z.string(),
  status: z.literal('running'),
  createdAt: timestamp,
  version: z.string().nullable(),
  metadata: z.null(),
});
export const listInstances = defineRoute({
  id: 'listInstances',
  summary: 'The agents that run in a container, newest first',
  method: 'GET',
  auth: 'caller',
  narrows: true,
  query: pageQuery,
  status: 200,
  failure: 'Failed to list instances',
  errors: ['INVALID_REQUEST', 'UNAUTHORIZED'],
  backend: { path: '/api/openclaw/instances', response: z.strictObject({ instances: z.array(instance), count: z.int() }) },
});

export const getInstanceStats = defineRoute({
  id: 'getInstanceStats',
  summary: 'The current usage of an agent\'s container; "N/A" for an unknown value',
  method: 'GET',
  auth: 'caller',
  params: agentParams,
  status: 200,
  failure: 'Failed to fetch stats',
  errors: ['UNAUTHORIZED', 'AGENT_NOT_FOUND'],
  backend: {
    path: '/api/openclaw/instances/:id/stats',
    response: z.strictObject({
      agentId: z.string(),
      cpu: z.string(),
      memory: z.string(),
      memoryPercent: z.string(),
      network: z.string(),
      blockIO: z.string(),
      pids: z.string(),
      status: z.string(),
      uptime: z.int(),
      uptimeFormatted: z.string(),
      timestamp,
    }),
  },
});
