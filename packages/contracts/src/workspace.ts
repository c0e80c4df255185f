import { z } from 'zod';
import { agentParams } from './agents.ts';
import { defineRoute } from './define-route.ts';

/** The maximum size of a file that this API reads and writes, in bytes of UTF-8. */
export const MAX_FILE_BYTES = 256 * 1024;
/** The number of replaced versions that are kept per file. */
export const MAX_FILE_VERSIONS = 20;

const timestamp = z.iso.datetime();
const fileName = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/, { error: 'Invalid file name' });
const fileParams = agentParams.extend({ name: fileName });
const content = z.string({ error: 'content is required' });

const listedFile = z.strictObject({
  name: z.string(),
  /** False for a file that the agent looks for, but that nobody has written yet. */
  exists: z.boolean(),
  sizeBytes: z.int().nullable(),
  updatedAt: timestamp.nullable(),
});
export type ListedFile = z.infer<typeof listedFile>;

const fileInfo = z.strictObject({
  name: z.string(),
  sizeBytes: z.int(),
  updatedAt: timestamp.nullable(),
  /** The hash of the content, in hexadecimal. In double quotes it is the file's `ETag`. */
  sha256: z.string(),
});
export type FileInfo = z.infer<typeof fileInfo>;

const gatewayErrors = ['UNAUTHORIZED', 'AGENT_NOT_FOUND', 'AGENT_NOT_RUNNING', 'GATEWAY_UNAVAILABLE'] as const;
const fileErrors = ['INVALID_REQUEST', ...gatewayErrors, 'FILE_NOT_FOUND', 'FILE_NOT_EDITABLE'] as const;

const files = z.strictObject({ files: z.array(listedFile), status: z.literal('ok') });
export const listAgentFiles = defineRoute({
  id: 'listAgentFiles',
  summary: "The files of an agent's workspace that its gateway lists: SOUL.md, AGENTS.md, MEMORY.md and so on",
  method: 'GET',
  auth: 'caller',
  params: agentParams,
  status: 200,
  failure: 'Failed to list files',
  errors: gatewayErrors,
  backend: { path: '/api/agents/:id/files', response: files },
  web: { path: '/api/agents/:id/files', response: files },
});

const readFile = z.strictObject({ file: fileInfo.extend({ content: z.string() }), status: z.literal('ok') });
export const getAgentFile = defineRoute({
  id: 'getAgentFile',
  summary: "A file of an agent's workspace with its content; its `ETag` is the hash of the content",
  method: 'GET',
  auth: 'caller',
  params: fileParams,
  status: 200,
  failure: 'Failed to read the file',
  errors: fileErrors,
  backend: { path: '/api/agents/:id/files/:name', response: readFile },
  web: { path: '/api/agents/:id/files/:name', response: readFile },
});

const updated = z.strictObject({ file: fileInfo, status: z.literal('updated') });
export const updateAgentFile = defineRoute({
  id: 'updateAgentFile',
  summary: "Write a file of an agent's workspace; the replaced version is kept in the file's history",
  method: 'PUT',
  auth: 'caller',
  conditional: true,
  params: fileParams,
  body: z.strictObject({ content }),
  status: 200,
  failure: 'Failed to write the file',
  errors: [...fileErrors, 'FILE_CHANGED', 'PAYLOAD_TOO_LARGE'],
  backend: { path: '/api/agents/:id/files/:name', response: updated },
  web: { path: '/api/agents/:id/files/:name', response: updated },
  // Writes of one file take turns.
  timeoutMs: 45_000,
});

const version = z.strictObject({
  id: z.string(),
  sizeBytes: z.int(),
  sha256: z.string(),
  /** When the agent's file got this content. */
  writtenAt: timestamp.nullable(),
  replacedAt: timestamp,
});
export type FileVersion = z.infer<typeof version>;

const history = z.strictObject({ versions: z.array(version), status: z.literal('ok') });
export const listAgentFileVersions = defineRoute({
  id: 'listAgentFileVersions',
  summary: `The replaced versions of a file, newest first; at most ${MAX_FILE_VERSIONS} are kept`,
  method: 'GET',
  auth: 'caller',
  params: fileParams,
  status: 200,
  failure: 'Failed to list the versions',
  errors: ['INVALID_REQUEST', 'UNAUTHORIZED', 'AGENT_NOT_FOUND'],
  backend: { path: '/api/agents/:id/files/:name/history', response: history },
  web: { path: '/api/agents/:id/files/:name/history', response: history },
});

const wholeVersion = z.strictObject({ version: version.extend({ content: z.string() }), status: z.literal('ok') });
export const getAgentFileVersion = defineRoute({
  id: 'getAgentFileVersion',
  summary: 'A replaced version of a file with its content; writing this content to the file restores the version',
  method: 'GET',
  auth: 'caller',
  params: fileParams.extend({ versionId: z.string().max(100) }),
  status: 200,
  failure: 'Failed to read the version',
  errors: ['INVALID_REQUEST', 'UNAUTHORIZED', 'AGENT_NOT_FOUND', 'FILE_VERSION_NOT_FOUND'],
  backend: { path: '/api/agents/:id/files/:name/history/:versionId', response: wholeVersion },
  web: { path: '/api/agents/:id/files/:name/history/:versionId', response: wholeVersion },
});

const schedule = z.discriminatedUnion('kind', [
  /** Once. `at` is null when the gateway's text is not a time. */
  z.strictObject({ kind: z.literal('at'), at: timestamp.nullable() }),
  z.strictObject({ kind: z.literal('every'), everyMs: z.int() }),
  /** `timeZone` is null for the zone of the container, UTC. */
  z.strictObject({ kind: z.literal('cron'), expression: z.string(), timeZone: z.string().nullable() }),
  /** A kind without a time, such as `on-exit` of newer versions of OpenClaw. */
  z.strictObject({ kind: z.literal('other') }),
]);
const cronJob = z.strictObject({
  id: z.string(),
  name: z.string(),
  description: z.string().nullable(),
  enabled: z.boolean(),
  schedule,
  nextRunAt: timestamp.nullable(),
  /** When the current run began; null between runs. */
  runningSince: timestamp.nullable(),
  lastRunAt: timestamp.nullable(),
  lastResult: z.enum(['ok', 'error', 'skipped']).nullable(),
  lastError: z.string().nullable(),
  lastDurationMs: z.int().nullable(),
});
export type CronJob = z.infer<typeof cronJob>;

const jobs = z.strictObject({ jobs: z.array(cronJob), total: z.int(), status: z.literal('ok') });
export const listCronJobs = defineRoute({
  id: 'listCronJobs',
  summary: "The entries of an agent's schedule, the next one first; at most 200 of `total`",
  method: 'GET',
  auth: 'caller',
  params: agentParams,
  status: 200,
  failure: 'Failed to fetch the schedule',
  errors: gatewayErrors,
  backend: { path: '/api/agents/:id/cron', response: jobs },
  web: { path: '/api/agents/:id/cron', response: jobs },
});
