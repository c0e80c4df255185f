import { z } from 'zod';
import { webStatusSchema } from './agents.ts';
import { defineRoute } from './define-route.ts';

const timestamp = z.iso.datetime();

const node = z.strictObject({
  id: z.string(),
  name: z.string(),
  address: z.string(),
  role: z.enum(['manager', 'worker']),
  /** Why the node cannot be used, as a sentence; null when it can. */
  problem: z.string().nullable(),
  /** `pause`: takes no new agents. `drain`: its agents move to other nodes, one after the other. */
  availability: z.enum(['active', 'pause', 'drain']),
  memoryBytes: z.number(),
  cpus: z.number(),
  /** The memory that its agents reserve. */
  reservedBytes: z.number(),
  engineVersion: z.string(),
  labels: z.record(z.string(), z.string()),
  agents: z.array(
    z.strictObject({ id: z.string(), name: z.string(), ownerEmail: z.string(), status: webStatusSchema, reason: z.string().nullable() }),
  ),
});
export type NodeView = z.infer<typeof node>;

/** `swarm` is false on one machine: there are no nodes then. */
const nodes = z.strictObject({ swarm: z.boolean(), nodes: z.array(node), status: z.literal('ok') });

export const listNodes = defineRoute({
  id: 'listNodes',
  summary: 'The nodes of the swarm, with the agents that live on each',
  method: 'GET',
  auth: 'admin',
  status: 200,
  failure: 'Failed to list nodes',
  errors: ['UNAUTHORIZED', 'FORBIDDEN', 'DOCKER_UNAVAILABLE'],
  backend: { path: '/api/admin/nodes', response: nodes },
  web: { path: '/api/admin/nodes', response: nodes },
});

const nodeParams = z.strictObject({ id: z.string().max(100) });
const availability = z.strictObject({ availability: z.enum(['active', 'pause', 'drain'], { error: 'Invalid availability' }) });
const changed = z.strictObject({ id: z.string(), availability: availability.shape.availability, status: z.literal('ok') });

export const setNodeAvailability = defineRoute({
  id: 'setNodeAvailability',
  summary: 'Whether a node takes agents: `active`, `pause` (no new ones), or `drain` (its agents move to other nodes, one after the other)',
  method: 'PUT',
  auth: 'admin',
  params: nodeParams,
  body: availability,
  status: 200,
  failure: 'Failed to change the node',
  errors: ['INVALID_REQUEST', 'UNAUTHORIZED', 'FORBIDDEN', 'NODE_NOT_FOUND', 'DOCKER_UNAVAILABLE'],
  backend: { path: '/api/admin/nodes/:id/availability', response: changed },
  web: { path: '/api/admin/nodes/:id/availability', response: changed },
});

const move = z.strictObject({
  /** The node to move to; the swarm chooses one by default. */
  node: z.string({ error: 'Invalid node' }).max(100, { error: 'Invalid node' }).optional(),
  /** Whether the agent continues from its newest backup, since its present node cannot be reached. What came after is lost. */
  fromBackup: z.boolean({ error: 'Invalid fromBackup' }).optional(),
});
const moving = z.strictObject({ agentId: z.string(), operationId: z.string(), createdAt: timestamp, status: z.literal('ok') });

export const moveAgent = defineRoute({
  id: 'moveAgent',
  summary: 'Moves an agent to another node: stops it, archives its data, starts it there; back on its node after a failure',
  method: 'POST',
  auth: 'admin',
  params: z.strictObject({ id: z.string().max(100) }),
  body: move,
  status: 201,
  failure: 'Failed to move the agent',
  errors: [
    'INVALID_REQUEST',
    'UNAUTHORIZED',
    'FORBIDDEN',
    'AGENT_NOT_FOUND',
    'NODE_NOT_FOUND',
    'OPERATION_IN_PROGRESS',
    'OPERATION_FAILED',
    'DOCKER_UNAVAILABLE',
  ],
  backend: { path: '/api/admin/agents/:id/move', response: moving },
  web: { path: '/api/admin/agents/:id/move', response: moving },
});
