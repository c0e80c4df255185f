import { z } from 'zod';
import { agentIdSchema, secretText, slackAppToken, slackBotToken } from './agents.ts';
import { messageText } from './chat.ts';
import { defineRoute } from './define-route.ts';

export const API_VERSION = '1.0.0';
export const AGENTBOT_VERSION = '2026.3.1';

const milliseconds = z.int();
const sessionId = z.string().max(100);

const endpoints = z.strictObject({
  apiVersion: z.literal(API_VERSION),
  agentbotVersion: z.literal(AGENTBOT_VERSION),
  endpoints: z.record(z.string(), z.string()),
});
const health = z.strictObject({
  status: z.string(),
  version: z.string().nullable(),
  apiVersion: z.literal(API_VERSION),
  /** Seconds. */
  uptime: z.int(),
  model: z.string(),
  channels: z.array(z.string()),
  skills: z.array(z.string()),
  lastSeen: milliseconds.nullable(),
});
const session = z.strictObject({
  id: z.string(),
  status: z.enum(['active', 'ended']),
  messageCount: z.int(),
  createdAt: milliseconds,
  lastActivity: milliseconds,
});
const role = z.enum(['user', 'assistant']);
const wholeSession = session.extend({
  messages: z.array(z.strictObject({ id: z.string(), role, content: z.string(), timestamp: milliseconds })),
});
const skill = z.strictObject({ id: z.string(), name: z.string(), description: z.string(), enabled: z.boolean(), ready: z.boolean() });

/** The name of a credential: a model provider or a channel. */
export const credentialSchema = z.enum(['anthropic', 'openai', 'openrouter', 'google', 'telegram', 'discord', 'whatsapp', 'slack'], {
  error: 'Invalid credential key',
});
export type Credential = z.infer<typeof credentialSchema>;

const agentInfo = z.union([
  endpoints,
  health,
  z.strictObject({ sessions: z.array(session) }),
  wholeSession,
  z.strictObject({ memory: z.array(z.strictObject({ role, content: z.string() })) }),
  z.strictObject({ skills: z.array(skill) }),
  // `slack` only where the agent has it.
  z.strictObject({ credentials: z.partialRecord(credentialSchema, z.boolean()) }),
]);
const getAction = z.enum(['health', 'sessions', 'session', 'memory', 'skills', 'credentials'], { error: 'Invalid action' });
export const askAgent = defineRoute({
  id: 'askAgent',
  summary:
    'Health, sessions, memory, skills or credentials of the newest running agent, or of `agentId`; without an action, the list of endpoints',
  method: 'GET',
  auth: 'caller',
  narrows: true,
  query: z.object({ action: getAction.optional(), sessionId: sessionId.optional(), agentId: agentIdSchema.optional() }),
  status: 200,
  failure: 'Internal error',
  errors: ['INVALID_REQUEST', 'UNAUTHORIZED', 'AGENT_NOT_FOUND', 'SESSION_NOT_FOUND', 'OPERATION_FAILED'],
  backend: { path: '/api/agent', response: agentInfo },
  web: { path: '/api/agent', response: agentInfo },
  timeoutMs: 20_000,
});

const instructionResult = z.union([
  z.strictObject({ sessionId: z.string(), reply: z.string(), timestamp: milliseconds }),
  z.strictObject({ sessionId: z.string(), status: z.literal('active') }),
  z.strictObject({ success: z.literal(true), skillId: z.string(), enabled: z.boolean() }),
  z.strictObject({ success: z.literal(true), key: credentialSchema, configured: z.boolean() }),
]);
const target = { agentId: agentIdSchema.optional() };

interface CredentialChange {
  key: Credential;
  value?: string | undefined;
  appToken?: string | undefined;
}
/** Slack's two tokens are set together, and deleted together. */
function validateSlackCredential({ key, value, appToken }: CredentialChange, context: z.RefinementCtx): void {
  if (key !== 'slack') {
    if (appToken) context.addIssue('appToken is for the key slack');
  } else if (Boolean(value) !== Boolean(appToken)) {
    context.addIssue('Slack needs two tokens: send value (xoxb-…) and appToken (xapp-…) together, or neither to disconnect Slack');
  } else if (value) {
    for (const { message } of slackBotToken.safeParse(value).error?.issues ?? []) context.addIssue(message);
  }
}

const instruction = z.discriminatedUnion(
  'action',
  [
    z.object({ action: z.literal('chat').default('chat'), message: messageText, sessionId: sessionId.optional(), ...target }),
    z.object({ action: z.literal('create-session'), ...target }),
    z.object({
      action: z.literal('update-skill'),
      skillId: z.string({ error: 'skillId is required' }).min(1, { error: 'skillId is required' }).max(100),
      enabled: z.boolean().default(false),
      ...target,
    }),
    z
      .object({
        action: z.literal('set-credential'),
        key: credentialSchema,
        value: secretText.optional(),
        /** The second token of `slack`, whose `value` is the bot token. */
        appToken: slackAppToken.optional(),
        ...target,
      })
      .superRefine(validateSlackCredential),
  ],
  { error: 'Invalid action' },
);
export type Instruction = z.output<typeof instruction>;
export const tellAgent = defineRoute({
  id: 'tellAgent',
  summary: 'Chat with the newest running agent or with `agentId`, open a session, switch a skill, or set a credential',
  method: 'POST',
  auth: 'caller',
  narrows: true,
  queryIntoBody: 'action',
  body: instruction,
  status: 200,
  failure: 'Internal error',
  errors: [
    'INVALID_REQUEST',
    'UNAUTHORIZED',
    'AGENT_NOT_FOUND',
    'SESSION_NOT_FOUND',
    'OPERATION_IN_PROGRESS',
    'TOO_MANY_WAITING',
    'OPERATION_FAILED',
  ],
  backend: { path: '/api/agent', response: instructionResult },
  web: { path: '/api/agent', response: instructionResult },
  timeoutMs: 45_000,
});
