import { z } from 'zod';
import { agentParams } from './agents.ts';
import { defineRoute } from './define-route.ts';

const errors = ['UNAUTHORIZED', 'AGENT_NOT_FOUND', 'OPERATION_IN_PROGRESS', 'DOCKER_UNAVAILABLE', 'OPERATION_FAILED'] as const;
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
  errors,
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
  errors,
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
  errors,
  backend: { path: '/api/agents/:id/restart', response: restarted },
  web: { path: '/api/instance/:userId/restart', response: restarted, errorShape: 'lifecycle', foreignIs: 403 },
  timeoutMs: 150_000,
});
