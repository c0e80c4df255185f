import { z } from 'zod';
import { defineRoute } from './define-route.ts';
import { planSchema, tierSchema } from './plans.ts';

const timestamp = z.iso.datetime();
/** An agent's id wherever a caller gives one. */
export const agentIdSchema = z.string().regex(/^[A-Za-z0-9_-]{1,64}$/, { error: 'Invalid agentId' });
export const agentParams = z.object({ id: agentIdSchema });

/** The state as machine clients see it (`active` stands for running). */
export const backendStatusSchema = z.enum(['pending', 'provisioning', 'active', 'stopped', 'updating', 'error', 'deleting']);
/** The state as lists and provisioning on the web show it. */
export const webStatusSchema = z.enum(['pending', 'provisioning', 'running', 'stopped', 'updating', 'error', 'deleting']);
export const modelSchema = z.enum(['claude-opus-4-6', 'gpt-4', 'custom'], {
  error: 'Invalid model: use claude-opus-4-6, gpt-4 or custom',
});
export const providerSchema = z.enum(['openrouter', 'gemini', 'groq', 'anthropic', 'openai'], { error: 'Invalid aiProvider' });

const nameSchema = z
  .string({ error: 'Agent name is required' })
  .trim()
  .min(1, { error: 'Agent name is required' })
  .max(100, { error: 'Agent name must be at most 100 characters' })
  // Postgres stores no NUL, and control characters in a name serve nobody.
  .regex(/^\P{Cc}*$/u, { error: 'Agent name must not contain control characters' });

const secretText = z
  .string()
  .min(1)
  .max(4096)
  .regex(/^[\x21-\x7e]+$/, { error: 'Tokens and keys are printable characters without spaces' });

/** What an owner may configure. Secrets in it (`apiKey`, the channel tokens) are stored sealed and never come back. */
export const agentConfigSchema = z
  .strictObject({
    plan: planSchema.optional(),
    aiProvider: providerSchema.optional(),
    baseUrl: z
      .url({ protocol: /^https?$/, error: 'baseUrl must be an http or https address' })
      .max(2048)
      .optional(),
    model: z.string().trim().min(1).max(200).optional(),
    apiKey: secretText.optional(),
    telegramToken: secretText.optional(),
    discordBotToken: secretText.optional(),
    whatsappToken: secretText.optional(),
    ownerIds: z
      .array(z.string().regex(/^[\w@.:+-]{1,64}$/, { error: 'Invalid owner id' }))
      .max(50)
      .optional(),
  })
  .meta({ id: 'AgentConfig' });
export type AgentConfig = z.infer<typeof agentConfigSchema>;

const listedAgent = z.strictObject({
  id: z.string(),
  status: backendStatusSchema,
  created: timestamp,
  subdomain: z.string(),
  url: z.string(),
});
const webAgent = z.strictObject({
  id: z.string(),
  name: z.string(),
  model: z.string(),
  status: webStatusSchema,
  websocketUrl: z.string(),
  createdAt: timestamp,
  updatedAt: timestamp,
});
const agentDetails = z.strictObject({
  id: z.string(),
  status: backendStatusSchema,
  startedAt: timestamp.nullable(),
  plan: planSchema,
  subdomain: z.string(),
  url: z.string(),
  openclawVersion: z.string().nullable(),
  verified: z.boolean(),
  verificationType: z.string().nullable(),
  attestationUid: z.string().nullable(),
  verifiedAt: timestamp.nullable(),
});

export const listAgents = defineRoute({
  id: 'listAgents',
  summary: 'List the agents of the caller; without a caller, an empty list',
  method: 'GET',
  auth: 'optional',
  status: 200,
  failure: 'Failed to list agents',
  errors: [],
  backend: { path: '/api/agents', response: z.array(listedAgent) },
  web: { path: '/api/agents', response: z.strictObject({ agents: z.array(webAgent), count: z.int(), status: z.literal('ok') }) },
});

export const createAgent = defineRoute({
  id: 'createAgent',
  summary: 'Create an agent without a container',
  method: 'POST',
  auth: 'caller',
  body: z.object({ name: nameSchema, config: agentConfigSchema.optional() }),
  status: 201,
  failure: 'Failed to create agent',
  errors: ['INVALID_REQUEST', 'UNAUTHORIZED', 'AGENT_LIMIT_REACHED'],
  backend: {
    path: '/api/agents',
    response: z.strictObject({
      id: z.string(),
      name: z.string(),
      agentId: z.string(),
      status: backendStatusSchema,
      subdomain: z.string(),
      url: z.string(),
      createdAt: timestamp,
    }),
  },
});

export const getAgent = defineRoute({
  id: 'getAgent',
  summary: 'Get one agent',
  method: 'GET',
  auth: 'caller',
  params: agentParams,
  status: 200,
  failure: 'Failed to fetch agent',
  errors: ['UNAUTHORIZED', 'AGENT_NOT_FOUND'],
  backend: { path: '/api/agents/:id', response: agentDetails },
  web: { path: '/api/agents/:id', response: z.strictObject({ agent: agentDetails, status: z.literal('ok') }) },
});

const deleted = z.strictObject({ id: z.string(), deleted: z.literal(true) });
export const deleteAgent = defineRoute({
  id: 'deleteAgent',
  summary: 'Delete an agent with its container, volume and data; silent when there is none',
  method: 'DELETE',
  auth: 'caller',
  params: agentParams,
  status: 200,
  failure: 'Failed to delete agent',
  errors: ['UNAUTHORIZED', 'OPERATION_IN_PROGRESS'],
  backend: { path: '/api/agents/:id', response: deleted },
  web: { path: '/api/agents/:id', response: deleted },
  timeoutMs: 60_000,
});

const provisioned = z.strictObject({
  success: z.literal(true),
  agent: webAgent.omit({ updatedAt: true }),
});
export const provisionAgent = defineRoute({
  id: 'provisionAgent',
  summary: 'Provision an agent and wait up to 15 seconds for it to run',
  method: 'POST',
  auth: 'caller',
  body: z.object({
    name: nameSchema,
    model: modelSchema.default('claude-opus-4-6'),
    config: agentConfigSchema.optional(),
    tier: tierSchema.optional(),
  }),
  status: 201,
  failure: 'Failed to provision agent',
  errors: ['INVALID_REQUEST', 'UNAUTHORIZED', 'PAYMENT_REQUIRED', 'AGENT_LIMIT_REACHED', 'PROVISIONING_DISABLED'],
  backend: { path: '/api/agents/provision', response: provisioned },
  web: { path: '/api/agents/provision', response: provisioned },
  timeoutMs: 25_000,
});

const provisionedList = z.strictObject({ success: z.literal(true), agents: z.array(webAgent), count: z.int() });
export const listProvisionedAgents = defineRoute({
  id: 'listProvisionedAgents',
  summary: 'List the provisioned agents of the signed-in user',
  method: 'GET',
  auth: 'caller',
  status: 200,
  failure: 'Failed to list agents',
  errors: ['UNAUTHORIZED'],
  backend: { path: '/api/agents/provision', response: provisionedList },
  web: { path: '/api/agents/provision', response: provisionedList },
});
