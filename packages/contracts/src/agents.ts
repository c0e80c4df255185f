import { z } from 'zod';
import { baseUrlProblem } from './base-url.ts';
import { defineRoute } from './define-route.ts';
import { pageQuery } from './paging.ts';
import { planSchema, tierSchema } from './plans.ts';
import { visibleText } from './visible-text.ts';

const timestamp = z.iso.datetime();
/** An agent's id in a request. */
export const agentIdSchema = z.string().regex(/^[A-Za-z0-9_-]{1,64}$/, { error: 'Invalid agentId' });
export const agentParams = z.object({ id: agentIdSchema });

/** The state as machine clients see it (`active` stands for running). */
export const backendStatusSchema = z.enum(['pending', 'provisioning', 'active', 'stopped', 'updating', 'error', 'deleting']);
/** The state as lists and provisioning on the web show it. */
export const webStatusSchema = z.enum(['pending', 'provisioning', 'running', 'stopped', 'updating', 'error', 'deleting']);
/** The dashboard's models; `demo` is the platform's own, which repeats what it is told and needs no key. */
export const modelSchema = z.enum(['claude-opus-4-6', 'gpt-4', 'custom', 'demo'], {
  error: 'Invalid model: use claude-opus-4-6, gpt-4 or custom',
});
export const providerSchema = z.enum(['openrouter', 'gemini', 'groq', 'anthropic', 'openai'], { error: 'Invalid aiProvider' });

export const nameSchema = z
  .string({ error: 'Agent name is required' })
  .trim()
  .min(1, { error: 'Agent name is required' })
  .max(100, { error: 'Agent name must be at most 100 characters' })
  .regex(visibleText, { error: 'Agent name must not contain control or invisible characters' });

/** The character of a new agent, in Markdown. */
const instructionsSchema = z
  .string()
  .trim()
  .min(1, { error: 'instructions must not be empty' })
  .max(16_000, { error: 'instructions must be at most 16000 characters' })
  .regex(/^[^\0]*$/, { error: 'instructions must not contain NUL' });

export const secretText = z
  .string()
  .min(1, { error: 'Tokens and keys must not be empty' })
  .max(4096, { error: 'Tokens and keys must be at most 4096 characters' })
  .regex(/^[\x21-\x7e]+$/, { error: 'Tokens and keys are printable characters without spaces' });

export const ownerIdSchema = z.string().regex(/^[\w@.:+-]{1,64}$/, { error: 'Invalid owner id' });

/** A domain that an agent may reach; `*.` matches every subdomain, and a port other than the default may follow. */
const domainPattern = z
  .string()
  .trim()
  .toLowerCase()
  .max(260)
  .regex(/^(\*\.)?([a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?\.)+[a-z]([a-z0-9-]{0,61}[a-z0-9])?(:[1-9]\d{0,4})?$/, {
    error: 'allowedDomains are like api.example.com, *.example.com or api.example.com:8443',
  });

const baseUrl = z.url({ protocol: /^https?$/, error: 'baseUrl must be an http or https address' }).max(2048);
const model = z.string().trim().min(1).max(200);

/** The configuration without its secrets. */
const openConfigSchema = z.strictObject({
  plan: planSchema.optional(),
  aiProvider: providerSchema.optional(),
  baseUrl: baseUrl.optional(),
  model: model.optional(),
  ownerIds: z.array(ownerIdSchema).max(50).optional(),
  /** The domains that the agent may reach besides its model and its channels; without a domain it may reach any. */
  allowedDomains: z.array(domainPattern).max(100).optional(),
  /** Whether other users may clone the agent; a clone gets the configuration without the secrets. */
  cloneable: z.boolean().optional(),
});

/** The two tokens of a Slack app. Their prefixes tell them apart, so that swapped ones are refused. */
export const slackBotToken = secretText.regex(/^xoxb-/, {
  error: 'A Slack bot token begins with xoxb-: copy the Bot User OAuth Token of the Slack app',
});
export const slackAppToken = secretText.regex(/^xapp-/, {
  error: 'A Slack app-level token begins with xapp-: generate it in the Slack app under Basic Information',
});

/** The tokens of an agent's channels. */
export const channelTokens = {
  telegramToken: secretText.optional(),
  discordBotToken: secretText.optional(),
  whatsappToken: secretText.optional(),
  slackBotToken: slackBotToken.optional(),
  slackAppToken: slackAppToken.optional(),
};

interface SlackTokens {
  slackBotToken?: string | undefined;
  slackAppToken?: string | undefined;
}

/** The rule that Slack has both of its tokens or neither: the gateway connects with one and answers with the other. */
export const bothSlackTokens = [
  ({ slackBotToken, slackAppToken }: SlackTokens) => (slackBotToken === undefined) === (slackAppToken === undefined),
  { error: 'Slack needs two tokens: its bot token (slackBotToken, xoxb-…) and its app-level token (slackAppToken, xapp-…)' },
] as const;

/** The configuration that an owner sends. Its secrets (`apiKey`, the channel tokens) are stored encrypted and never returned. */
export const agentConfigSchema = openConfigSchema.extend({
  // Only requests are checked: an older stored configuration must remain readable.
  baseUrl: baseUrl
    .superRefine((text, context) => {
      const problem = baseUrlProblem(text);
      if (problem) context.addIssue(`baseUrl ${problem}`);
    })
    .optional(),
  model: model
    .refine((name) => !name.includes('${'), { error: 'model must not contain ${: OpenClaw would put a variable of its environment there' })
    .optional(),
  apiKey: secretText.optional(),
  ...channelTokens,
});
export type AgentConfig = z.infer<typeof agentConfigSchema>;

/** The configuration of a new agent. Later, an update changes the version. */
export const newAgentConfigSchema = agentConfigSchema
  .extend({
    openclawVersion: z
      .string()
      .regex(/^\d{4}\.\d{1,2}\.\d{1,3}(-[\w.]{1,32})?$/, { error: 'openclawVersion is like 2026.8.2' })
      .optional(),
  })
  .refine(...bothSlackTokens);
export type NewAgentConfig = z.infer<typeof newAgentConfigSchema>;

/** A change of a configuration: a missing field stays as it is, and a null `model` restores the provider's default model. */
const changedFields = agentConfigSchema.extend({ model: agentConfigSchema.shape.model.nullable() });
const configChangeSchema = changedFields.refine(...bothSlackTokens);
export type AgentConfigChange = z.infer<typeof configChangeSchema>;

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
  narrows: true,
  query: pageQuery,
  status: 200,
  failure: 'Failed to list agents',
  errors: ['INVALID_REQUEST'],
  backend: { path: '/api/agents', response: z.array(listedAgent) },
  web: { path: '/api/agents', response: z.strictObject({ agents: z.array(webAgent), count: z.int(), status: z.literal('ok') }) },
});

export const createAgent = defineRoute({
  id: 'createAgent',
  summary: 'Create an agent without a container',
  method: 'POST',
  auth: 'caller',
  body: z.object({ name: nameSchema, config: newAgentConfigSchema.optional() }),
  status: 201,
  failure: 'Failed to create agent',
  errors: ['INVALID_REQUEST', 'UNAUTHORIZED', 'PAYMENT_REQUIRED', 'AGENT_LIMIT_REACHED'],
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

const metadataUpdated = z.strictObject({
  id: z.string(),
  plan: planSchema,
  aiProvider: z.string(),
  subdomain: z.string(),
  status: backendStatusSchema,
  message: z.literal('Agent updated'),
});
export const updateAgentMetadata = defineRoute({
  id: 'updateAgentMetadata',
  summary:
    "Change an agent's name, plan, provider or configuration; a repair applies the change to the container, and a new provider needs its apiKey",
  method: 'PUT',
  auth: 'caller',
  params: agentParams,
  body: z.object({
    name: nameSchema.optional(),
    plan: planSchema.optional(),
    aiProvider: providerSchema.optional(),
    cloneable: z.boolean().optional(),
    config: configChangeSchema.optional(),
  }),
  status: 200,
  failure: 'Failed to update agent',
  errors: ['INVALID_REQUEST', 'UNAUTHORIZED', 'PAYMENT_REQUIRED', 'AGENT_NOT_FOUND'],
  backend: { path: '/api/agents/:id', response: metadataUpdated },
  web: { path: '/api/agents/:id', response: metadataUpdated },
});

const configRead = z.strictObject({ config: openConfigSchema, status: z.literal('ok') });
export const getAgentConfig = defineRoute({
  id: 'getAgentConfig',
  summary: "An agent's configuration without its secrets",
  method: 'GET',
  auth: 'caller',
  params: agentParams,
  status: 200,
  failure: 'Failed to fetch agent configuration',
  errors: ['UNAUTHORIZED', 'AGENT_NOT_FOUND'],
  backend: { path: '/api/agents/:id/config', response: configRead },
  web: { path: '/api/agents/:id/config', response: configRead },
});

const configWritten = z.strictObject({ config: openConfigSchema, status: z.literal('updated') });
export const updateAgentConfig = defineRoute({
  id: 'updateAgentConfig',
  summary:
    'Change fields of an agent’s configuration, at the top level or inside `config`; missing fields stay, a null `model` is the default, a new provider needs its apiKey',
  method: 'PUT',
  auth: 'caller',
  params: agentParams,
  body: changedFields.extend({ config: configChangeSchema.optional() }).refine(...bothSlackTokens),
  status: 200,
  failure: 'Failed to update agent configuration',
  errors: ['INVALID_REQUEST', 'UNAUTHORIZED', 'PAYMENT_REQUIRED', 'AGENT_NOT_FOUND'],
  backend: { path: '/api/agents/:id/config', response: configWritten },
  web: { path: '/api/agents/:id/config', response: configWritten },
});

/** The token of an agent's gateway: 32 bytes as hexadecimal digits. */
export const gatewayToken = z.strictObject({ token: z.string().regex(/^[0-9a-f]{64}$/) });
export const getAgentToken = defineRoute({
  id: 'getAgentToken',
  summary: "The token of an agent's gateway: the one its container runs with",
  method: 'GET',
  auth: 'caller',
  // The token gives full control of the agent.
  scope: 'agents:write',
  audit: true,
  params: agentParams,
  status: 200,
  failure: 'Failed to get token',
  errors: ['UNAUTHORIZED', 'AGENT_NOT_FOUND'],
  backend: { path: '/api/agents/:id/token', response: gatewayToken },
  web: { path: '/api/agents/:id/token', response: gatewayToken },
});

const deleted = z.strictObject({ id: z.string(), deleted: z.literal(true) });
export const deleteAgent = defineRoute({
  id: 'deleteAgent',
  summary: 'Delete an agent with its container, volume and data; succeeds if the agent does not exist',
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
  summary: 'Provision an agent and wait up to 15 seconds until it runs; `wait: false` returns at once',
  method: 'POST',
  auth: 'caller',
  body: z.object({
    name: nameSchema,
    model: modelSchema.default('claude-opus-4-6'),
    config: newAgentConfigSchema.optional(),
    tier: tierSchema.optional(),
    /** Instead of a tier: a plan that the account's own plan covers. */
    plan: planSchema.optional(),
    /** The first `SOUL.md` of the agent's workspace. */
    instructions: instructionsSchema.optional(),
    wait: z.boolean().optional(),
  }),
  status: 201,
  failure: 'Failed to provision agent',
  errors: ['INVALID_REQUEST', 'UNAUTHORIZED', 'PAYMENT_REQUIRED', 'AGENT_LIMIT_REACHED', 'OPERATION_FAILED', 'PROVISIONING_DISABLED'],
  backend: { path: '/api/agents/provision', response: provisioned },
  web: { path: '/api/agents/provision', response: provisioned, limitIs: 429 },
  timeoutMs: 25_000,
});

const provisionedList = z.strictObject({ success: z.literal(true), agents: z.array(webAgent), count: z.int() });
export const listProvisionedAgents = defineRoute({
  id: 'listProvisionedAgents',
  summary: 'List the provisioned agents of the signed-in user',
  method: 'GET',
  auth: 'caller',
  narrows: true,
  query: pageQuery,
  status: 200,
  failure: 'Failed to list agents',
  errors: ['INVALID_REQUEST', 'UNAUTHORIZED'],
  backend: { path: '/api/agents/provision', response: provisionedList },
  web: { path: '/api/agents/provision', response: provisionedList },
});
