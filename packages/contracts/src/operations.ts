import { z } from 'zod';
import { agentParams } from './agents.ts';
import { defineRoute } from './define-route.ts';
import { pageQuery, wholeNumber } from './paging.ts';

export const operationKindSchema = z.enum(
  [
    'provision',
    'clone',
    'start',
    'stop',
    'restart',
    'update',
    'configure',
    'repair',
    'reset-memory',
    'backup',
    'restore',
    'move',
    'delete',
  ],
  { error: 'Invalid kind' },
);
export type OperationKind = z.infer<typeof operationKindSchema>;

const timestamp = z.iso.datetime();
const operation = z.strictObject({
  id: z.string(),
  kind: operationKindSchema,
  state: z.enum(['queued', 'running', 'succeeded', 'failed', 'cancelled']),
  error: z.string().nullable(),
  /** Whether a caller has requested cancellation. */
  cancelRequested: z.boolean(),
  createdAt: timestamp,
  startedAt: timestamp.nullable(),
  finishedAt: timestamp.nullable(),
  steps: z.array(
    z.strictObject({
      name: z.string(),
      state: z.enum(['running', 'done', 'skipped', 'failed']),
      detail: z.string().nullable(),
      startedAt: timestamp,
      deadlineAt: timestamp,
      finishedAt: timestamp.nullable(),
    }),
  ),
});
export type OperationView = z.infer<typeof operation>;

const response = z.strictObject({ operations: z.array(operation), status: z.literal('ok') });

export const listOperations = defineRoute({
  id: 'listOperations',
  summary: 'The operations of an agent, or those of one kind, with their stages, newest first, by default 20 per page',
  method: 'GET',
  auth: 'caller',
  params: agentParams,
  query: pageQuery.extend({ limit: wholeNumber('limit', 1, 100).default(20), kind: operationKindSchema.optional() }),
  status: 200,
  failure: 'Failed to fetch operations',
  errors: ['INVALID_REQUEST', 'UNAUTHORIZED', 'AGENT_NOT_FOUND'],
  backend: { path: '/api/agents/:id/operations', response },
  web: { path: '/api/agents/:id/operations', response },
});

const operationParams = agentParams.extend({ operationId: z.string().max(100) });
const one = z.strictObject({ operation, status: z.literal('ok') });
export const getOperation = defineRoute({
  id: 'getOperation',
  summary: 'One operation of an agent with its stages',
  method: 'GET',
  auth: 'caller',
  params: operationParams,
  status: 200,
  failure: 'Failed to fetch the operation',
  errors: ['UNAUTHORIZED', 'AGENT_NOT_FOUND', 'OPERATION_NOT_FOUND'],
  backend: { path: '/api/agents/:id/operations/:operationId', response: one },
  web: { path: '/api/agents/:id/operations/:operationId', response: one },
});

export const streamOperation = defineRoute({
  id: 'streamOperation',
  summary: 'An operation as server-sent events `operation`: the whole operation now, after each change, and at its end',
  method: 'GET',
  auth: 'caller',
  stream: true,
  params: operationParams,
  status: 200,
  failure: 'Failed to stream the operation',
  errors: ['UNAUTHORIZED', 'AGENT_NOT_FOUND', 'OPERATION_NOT_FOUND'],
  backend: { path: '/api/agents/:id/operations/:operationId/stream', response: operation },
  web: { path: '/api/agents/:id/operations/:operationId/stream', response: operation },
});

export const cancelOperation = defineRoute({
  id: 'cancelOperation',
  summary: 'Cancel an operation: a queued one ends at once, a running one rolls back first',
  method: 'POST',
  auth: 'caller',
  params: operationParams,
  status: 200,
  failure: 'Failed to cancel the operation',
  errors: ['UNAUTHORIZED', 'AGENT_NOT_FOUND', 'OPERATION_NOT_FOUND', 'OPERATION_NOT_CANCELLABLE'],
  backend: { path: '/api/agents/:id/operations/:operationId/cancel', response: one },
  web: { path: '/api/agents/:id/operations/:operationId/cancel', response: one },
});
