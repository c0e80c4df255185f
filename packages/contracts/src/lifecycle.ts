import { z } from 'zod';
import { agentParams, backendStatusSchema, gatewayToken } from './agents.ts';
import { defineRoute } from './define-route.ts';
import { imageReference } from './image-reference.ts';

/** The errors of every operation on an agent. */
export const operationErrors = [
  'UNAUTHORIZED',
  'AGENT_NOT_FOUND',
  'OPERATION_IN_PROGRESS',
  'DOCKER_UNAVAILABLE',
  'OPERATION_FAILED',
  'OPERATION_STILL_RUNNING',
] as const;
/** A start needs a subscription that has not lapsed; a first container needs any subscription, and provisioning to be enabled. */
const startErrors = ['PAYMENT_REQUIRED', 'PROVISIONING_DISABLED', ...operationErrors] as const;
const started = z.strictObject({ success: z.literal(true), status: z.literal('active') });
const stopped = z.strictObject({ success: z.literal(true), status: z.literal('stopped') });
const restarted = z.strictObject({
  success: z.literal(true),
  status: z.literal('active'),
  healedLegacyModel: z.boolean(),
  healMessage: z.string(),
  openclawVersion: z.string(),
});

export const startAgent = defineRoute({
  id: 'startAgent',
  summary: 'Start a stopped agent and wait until it is ready',
  method: 'POST',
  auth: 'caller',
  params: agentParams,
  status: 200,
  failure: 'Failed to start agent',
  errors: startErrors,
  backend: { path: '/api/agents/:id/start', response: started },
  web: { path: '/api/instance/:userId/start', response: started, errorShape: 'lifecycle', foreignIs: 403 },
  timeoutMs: 150_000,
});

export const stopAgent = defineRoute({
  id: 'stopAgent',
  summary: 'Stop a running agent; its data is kept',
  method: 'POST',
  auth: 'caller',
  params: agentParams,
  status: 200,
  failure: 'Failed to stop agent',
  errors: operationErrors,
  backend: { path: '/api/agents/:id/stop', response: stopped },
  web: { path: '/api/instance/:userId/stop', response: stopped, errorShape: 'lifecycle', foreignIs: 403 },
  timeoutMs: 60_000,
});

export const restartAgent = defineRoute({
  id: 'restartAgent',
  summary: 'Restart an agent and wait until it is ready',
  method: 'POST',
  auth: 'caller',
  params: agentParams,
  status: 200,
  failure: 'Failed to restart agent',
  errors: startErrors,
  backend: { path: '/api/agents/:id/restart', response: restarted },
  web: { path: '/api/instance/:userId/restart', response: restarted, errorShape: 'lifecycle', foreignIs: 403 },
  timeoutMs: 150_000,
});

export const replaceAgentToken = defineRoute({
  id: 'replaceAgentToken',
  summary:
    "Replace the token of an agent's gateway with a new one; a running agent restarts with it and its open connections end, another agent gets it at its next start",
  method: 'POST',
  auth: 'caller',
  params: agentParams,
  status: 200,
  failure: 'Failed to replace token',
  errors: operationErrors,
  backend: { path: '/api/agents/:id/token', response: gatewayToken },
  web: { path: '/api/agents/:id/token', response: gatewayToken },
  timeoutMs: 150_000,
});

const image = z
  .string({ error: 'Invalid Docker image name' })
  .max(255, { error: 'Invalid Docker image name' })
  .regex(imageReference, { error: 'Invalid Docker image name' });

const updated = z.strictObject({
  success: z.literal(true),
  status: backendStatusSchema,
  image: z.string(),
  previousImage: z.string(),
  backupPath: z.string().nullable(),
  openclawVersion: z.string(),
});
export const updateAgent = defineRoute({
  id: 'updateAgent',
  summary:
    "Move an agent to another image (by default the platform's) after a backup; if the agent does not become ready, the update is rolled back",
  method: 'POST',
  auth: 'caller',
  params: agentParams,
  body: z.object({ image: image.optional() }),
  status: 200,
  failure: 'Failed to update agent',
  errors: ['INVALID_REQUEST', ...startErrors],
  backend: { path: '/api/agents/:id/update', response: updated },
  web: { path: '/api/instance/:userId/update', response: updated, errorShape: 'lifecycle', foreignIs: 403 },
  timeoutMs: 600_000,
});

const repaired = z.strictObject({ success: z.literal(true), message: z.literal('Agent repaired successfully') });
export const repairAgent = defineRoute({
  id: 'repairAgent',
  summary: "Recreate an agent's container on the same data, with its plan's current limits and tools",
  method: 'POST',
  auth: 'caller',
  params: agentParams,
  status: 200,
  failure: 'Failed to repair agent',
  errors: startErrors,
  backend: { path: '/api/agents/:id/repair', response: repaired },
  web: { path: '/api/instance/:userId/repair', response: repaired, errorShape: 'lifecycle', foreignIs: 403 },
  timeoutMs: 150_000,
});

const applied = z.strictObject({
  success: z.literal(true),
  /** `live`: by the running gateway; `container`: by a new container; `none`: nothing had to change now. */
  applied: z.enum(['live', 'container', 'none']),
});
export const applyAgentConfig = defineRoute({
  id: 'applyAgentConfig',
  summary:
    "Apply an agent's saved configuration: by its running gateway if OpenClaw and the change allow it, otherwise by a new container on the same data; a stopped agent gets it at its next start",
  method: 'POST',
  auth: 'caller',
  params: agentParams,
  status: 200,
  failure: 'Failed to apply agent configuration',
  errors: startErrors,
  backend: { path: '/api/agents/:id/config/apply', response: applied },
  web: { path: '/api/agents/:id/config/apply', response: applied },
  timeoutMs: 150_000,
});

const reset = z.strictObject({ success: z.literal(true), message: z.literal('Memory reset successfully') });
export const resetAgentMemory = defineRoute({
  id: 'resetAgentMemory',
  summary: "Archive an agent's data, then clear its sessions and memory; credentials and channels stay",
  method: 'POST',
  auth: 'caller',
  params: agentParams,
  status: 200,
  failure: 'Failed to reset memory',
  errors: operationErrors,
  backend: { path: '/api/agents/:id/reset-memory', response: reset },
  web: { path: '/api/instance/:userId/reset-memory', response: reset, errorShape: 'lifecycle', foreignIs: 403 },
  timeoutMs: 300_000,
});
