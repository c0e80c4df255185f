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

const openclawVersion = z.strictObject({
  version: z.string(),
  /** The image that an agent of this version runs. */
  image: z.string(),
  /** `present`: on this host; `pullable`: pulled at the first use; `missing`: neither. Null while Docker does not answer. */
  availability: z.enum(['present', 'pullable', 'missing']).nullable(),
  /** The image's size on this host; null when it is not there. */
  sizeBytes: z.int().nullable(),
  /** `memory`, `readySeconds` and `sessions` are null for an image that names no release. */
  memory: z.strictObject({ minimumMiB: z.int(), idleMiB: z.int() }).nullable(),
  readySeconds: z.int().nullable(),
  /** `sqlite` versions read the sessions of `files` versions, but not the other way round. */
  sessions: z.enum(['files', 'sqlite']).nullable(),
  /** The channels that are part of OpenClaw. */
  channels: z.array(z.string()),
  /** Channels that an image has only if their npm packages exist for this version. */
  packagedChannels: z.array(z.string()),
  knownBad: z.string().nullable(),
  notes: z.array(z.string()),
});
export type OpenclawVersion = z.infer<typeof openclawVersion>;
const versionList = z.strictObject({ default: z.string(), recommended: z.string(), versions: z.array(openclawVersion) });

export const listOpenclawVersions = defineRoute({
  id: 'listOpenclawVersions',
  summary: 'The versions of OpenClaw that an agent may run, oldest first: which are on this host, and what each one needs',
  method: 'GET',
  auth: 'caller',
  narrows: true,
  status: 200,
  failure: 'Failed to list versions',
  errors: ['UNAUTHORIZED'],
  backend: { path: '/api/openclaw/versions', response: versionList },
  web: { path: '/api/openclaw/versions', response: versionList },
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
