import { z } from 'zod';
import { agentIdSchema, agentParams } from './agents.ts';
import { defineRoute } from './define-route.ts';
import { wholeNumber } from './paging.ts';

/** From the least to the most severe. */
export const logLevels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal'] as const;
const levelSchema = z.enum(logLevels, { error: 'Invalid level' });
export type LogLevel = z.infer<typeof levelSchema>;

const entry = z.strictObject({
  id: z.string(),
  timestamp: z.iso.datetime(),
  level: levelSchema,
  message: z.string(),
  source: z.string(),
  agentId: z.string(),
  /** Lines before this one were dropped. */
  gap: z.literal(true).optional(),
});
export type LogEntry = z.infer<typeof entry>;

/** The id of the entry at which a page starts or ends. */
const cursor = (name: string) =>
  z
    .string()
    .regex(/^log_\d{19}$/, { error: `Invalid ${name}` })
    .transform((id) => id.slice('log_'.length))
    .optional();

const page = z.strictObject({ logs: z.array(entry), total: z.int(), limit: z.int(), status: z.literal('ok') });
export const listLogs = defineRoute({
  id: 'listLogs',
  summary: "The last entries of an agent's log, or those after `since` or before `before`, oldest first; secrets are redacted",
  method: 'GET',
  auth: 'caller',
  params: agentParams,
  query: z.object({
    limit: wholeNumber('limit', 1, 100).default(50),
    level: levelSchema.optional(),
    since: cursor('since'),
    before: cursor('before'),
  }),
  status: 200,
  failure: 'Failed to fetch logs',
  errors: ['INVALID_REQUEST', 'UNAUTHORIZED', 'AGENT_NOT_FOUND'],
  backend: { path: '/api/agents/:id/logs', response: page },
  web: { path: '/api/agents/:id/logs', response: page },
});

const logParams = z.object({ agentId: agentIdSchema });

/** The data of one event of the stream. */
const frame = z.union([
  z.strictObject({ type: z.literal('connected'), agentId: z.string() }),
  z.strictObject({ type: z.literal('line'), text: z.string() }),
  z.strictObject({ type: z.literal('gap') }),
  z.strictObject({ type: z.literal('exit'), code: z.int().nullable() }),
]);
export type LogFrame = z.infer<typeof frame>;
export const streamLogs = defineRoute({
  id: 'streamLogs',
  summary: "An agent's log as server-sent events `line`; `Last-Event-ID` or `lastEventId` resumes after the event with that id",
  method: 'GET',
  auth: 'caller',
  stream: true,
  params: logParams,
  /** The id of the last seen event. The `Last-Event-ID` header, which only the browser itself can send, takes precedence. */
  query: z.object({ lastEventId: z.string().max(100, { error: 'Invalid lastEventId' }).optional() }),
  status: 200,
  failure: 'Failed to stream logs',
  errors: ['INVALID_REQUEST', 'UNAUTHORIZED', 'AGENT_NOT_FOUND'],
  backend: { path: '/api/logs/:agentId/stream', response: frame },
  web: { path: '/api/logs/:agentId/stream', response: frame },
});

const history = z.strictObject({ agentId: z.string(), lines: z.array(z.string()), streaming: z.boolean(), clients: z.int() });
export const getLogHistory = defineRoute({
  id: 'getLogHistory',
  summary: "The last 500 lines of an agent's log, and the number of viewers",
  method: 'GET',
  auth: 'caller',
  params: logParams,
  status: 200,
  failure: 'Failed to fetch log history',
  errors: ['UNAUTHORIZED', 'AGENT_NOT_FOUND'],
  backend: { path: '/api/logs/:agentId/history', response: history },
  web: { path: '/api/logs/:agentId/history', response: history },
});

const stopped = z.strictObject({ success: z.literal(true) });
export const stopLogStream = defineRoute({
  id: 'stopLogStream',
  summary: "End every live view of an agent's log",
  method: 'POST',
  auth: 'caller',
  params: logParams,
  status: 200,
  failure: 'Failed to stop log stream',
  errors: ['UNAUTHORIZED', 'AGENT_NOT_FOUND'],
  backend: { path: '/api/logs/:agentId/stop', response: stopped },
  web: { path: '/api/logs/:agentId/stop', response: stopped },
});

const active = z.strictObject({
  streams: z.array(z.strictObject({ agentId: z.string(), clients: z.int(), lines: z.int() })),
});
export const listLogStreams = defineRoute({
  id: 'listLogStreams',
  summary: "The live log streams of the caller's agents",
  method: 'GET',
  auth: 'caller',
  narrows: true,
  status: 200,
  failure: 'Failed to list log streams',
  errors: ['UNAUTHORIZED'],
  backend: { path: '/api/logs/active', response: active },
  web: { path: '/api/logs/active', response: active },
});
