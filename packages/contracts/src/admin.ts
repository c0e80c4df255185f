import { z } from 'zod';
import { webStatusSchema } from './agents.ts';
import { defineRoute } from './define-route.ts';
import { pageQuery } from './paging.ts';
import { planSchema } from './plans.ts';
import { daysQuery, usageFigures } from './usage.ts';

const timestamp = z.iso.datetime();
/** A page and a search text (`q`). */
const searchQuery = pageQuery.extend({
  q: z
    .string()
    .trim()
    .max(100, { error: 'q must be at most 100 characters' })
    .regex(/^\P{Cc}*$/u, { error: 'Invalid q' })
    .optional(),
});
/** The cursor of the next page; null on the last page. */
const next = z.string().nullable();

const user = z.strictObject({
  id: z.string(),
  email: z.string(),
  name: z.string().nullable(),
  admin: z.boolean(),
  /** Whether the setting ADMIN_EMAILS makes the user an administrator. */
  adminBySetting: z.boolean(),
  blocked: z.boolean(),
  /** Whether the account is being deleted. */
  closing: z.boolean(),
  plan: planSchema.nullable(),
  agentCount: z.int(),
  createdAt: timestamp,
});
export type UserView = z.infer<typeof user>;
const users = z.strictObject({ users: z.array(user), next, status: z.literal('ok') });
export const listUsers = defineRoute({
  id: 'listUsers',
  summary: 'The accounts of this installation, newest first; `q` searches email and name',
  method: 'GET',
  auth: 'admin',
  query: searchQuery,
  status: 200,
  failure: 'Failed to list users',
  errors: ['INVALID_REQUEST', 'UNAUTHORIZED', 'FORBIDDEN'],
  backend: { path: '/api/admin/users', response: users },
  web: { path: '/api/admin/users', response: users },
});

const agent = z.strictObject({
  id: z.string(),
  name: z.string(),
  ownerEmail: z.string(),
  status: webStatusSchema,
  reason: z.string().nullable(),
  plan: planSchema,
  model: z.string(),
  image: z.string().nullable(),
  observed: z.strictObject({ state: z.string(), at: timestamp }).nullable(),
  createdAt: timestamp,
});
export type AdminAgentView = z.infer<typeof agent>;
const agents = z.strictObject({ agents: z.array(agent), next, status: z.literal('ok') });
export const listAllAgents = defineRoute({
  id: 'listAllAgents',
  summary: "The agents of all users, newest first; `q` searches id, name and the owner's email",
  method: 'GET',
  auth: 'admin',
  query: searchQuery.extend({ state: webStatusSchema.optional() }),
  status: 200,
  failure: 'Failed to list agents',
  errors: ['INVALID_REQUEST', 'UNAUTHORIZED', 'FORBIDDEN'],
  backend: { path: '/api/admin/agents', response: agents },
  web: { path: '/api/admin/agents', response: agents },
});

/** `unpricedRequests` are calls of a model whose price is not known: they count as free. */
const spent = { ...usageFigures, unpricedRequests: z.int() };
const topSpenders = z.strictObject({
  total: z.strictObject(spent),
  accounts: z.array(z.strictObject({ id: z.string(), email: z.string(), ...spent })),
  /** `name` is null for a deleted agent. */
  agents: z.array(z.strictObject({ id: z.string(), name: z.string().nullable(), ownerEmail: z.string(), ...spent })),
});
export type TopSpenders = z.infer<typeof topSpenders>;
const topSpendersAnswer = topSpenders.extend({ status: z.literal('ok') });
export const listTopSpenders = defineRoute({
  id: 'listTopSpenders',
  summary:
    'The 50 accounts and the 50 agents whose model calls cost most in the last days (UTC; 30 by default), most expensive first, and the sum of all',
  method: 'GET',
  auth: 'admin',
  query: daysQuery,
  status: 200,
  failure: 'Failed to fetch usage',
  errors: ['INVALID_REQUEST', 'UNAUTHORIZED', 'FORBIDDEN'],
  backend: { path: '/api/admin/usage', response: topSpendersAnswer },
  web: { path: '/api/admin/usage', response: topSpendersAnswer },
});

const health = z.strictObject({
  at: timestamp,
  docker: z.strictObject({ available: z.boolean(), memoryBytes: z.number().nullable(), cpus: z.int().nullable() }),
  database: z.strictObject({ sizeBytes: z.number(), connections: z.int(), milliseconds: z.number() }),
  queue: z.strictObject({
    queued: z.int(),
    running: z.int(),
    /** Seconds that the oldest queued job has waited. */
    oldestQueued: z.number().nullable(),
    succeededToday: z.int(),
    failedToday: z.int(),
  }),
  users: z.int(),
  /** The number of agents in each state; states without agents are left out. */
  agents: z.array(z.strictObject({ status: webStatusSchema, count: z.int() })),
  /** Resources of this installation in the engine that belong to no agent. */
  orphans: z.array(z.strictObject({ kind: z.enum(['container', 'network', 'volume', 'backup']), name: z.string(), foundAt: timestamp })),
  provisioning: z.enum(['enabled', 'disabled']),
  image: z.string(),
  /** As `GET /health/ready`: for each part `ok`, or a sentence that says what is wrong. */
  readiness: z.strictObject({ database: z.string(), engine: z.string(), image: z.string(), queue: z.string(), firewall: z.string() }),
  /** What an operator sets up besides. */
  setup: z.strictObject({
    /** The number of model providers' keys of the installation, and of all accounts. */
    sharedKeys: z.int(),
    accountKeys: z.int(),
    /** Whether a mail server is set. */
    mail: z.boolean(),
    agentsDomain: z.string(),
    dashboardUrl: z.string(),
    /** Whether the addresses of dashboard or agents work on this machine only. */
    local: z.boolean(),
    backups: z.strictObject({ kind: z.enum(['folder', 'bucket']), address: z.string() }),
  }),
});
export type InstallationHealth = z.infer<typeof health>;
const healthAnswer = z.strictObject({ health, status: z.literal('ok') });
export const getInstallationHealth = defineRoute({
  id: 'getInstallationHealth',
  summary: 'The health of Docker, the queue and the database, and the orphaned resources',
  method: 'GET',
  auth: 'admin',
  status: 200,
  failure: 'Failed to fetch health',
  errors: ['UNAUTHORIZED', 'FORBIDDEN'],
  backend: { path: '/api/admin/health', response: healthAnswer },
  web: { path: '/api/admin/health', response: healthAnswer },
});

const setupPart = z.enum(['mail', 'backups', 'domain'], { error: 'Invalid part: use mail, backups or domain' });
export type SetupPart = z.infer<typeof setupPart>;
const setupTest = z.strictObject({
  part: setupPart,
  ok: z.boolean(),
  ms: z.int(),
  /** What is wrong, and what to do. */
  error: z.string().nullable(),
});
export type SetupTest = z.infer<typeof setupTest>;
export const testSetup = defineRoute({
  id: 'testSetup',
  summary:
    'Try a part of the installation: mail the caller, store a file in the backup target and read it back, or ask the address of an agent from this machine',
  method: 'POST',
  auth: 'admin',
  params: z.object({ part: setupPart }),
  status: 200,
  failure: 'Failed to test the setup',
  errors: ['INVALID_REQUEST', 'UNAUTHORIZED', 'FORBIDDEN'],
  backend: { path: '/api/admin/setup/:part/test', response: setupTest },
  web: { path: '/api/admin/setup/:part/test', response: setupTest },
  timeoutMs: 45_000,
});
