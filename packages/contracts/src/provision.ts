import { z } from 'zod';
import {
  agentIdSchema,
  backendStatusSchema,
  bothSlackTokens,
  channelTokens,
  newAgentConfigSchema,
  ownerIdSchema,
  providerSchema,
  secretText,
} from './agents.ts';
import { defineRoute } from './define-route.ts';
import { planSchema } from './plans.ts';

const timestamp = z.iso.datetime();

const deprecatedFields = ['whatsappPhoneNumberId', 'whatsappBusinessAccountId', 'discordGuildId', 'discordChannelId'] as const;
const refused = (field: string) => z.never({ error: `${field} is no longer accepted` }).optional();

const channelProvision = z
  .object({
    ...channelTokens,
    telegramUserId: ownerIdSchema.optional(),
    aiProvider: providerSchema.default('openrouter'),
    apiKey: secretText.optional(),
    plan: planSchema,
    email: z.email({ error: 'A valid email is required' }).max(254).optional(),
    stripeSubscriptionId: z.string().max(255).optional(),
    ...(Object.fromEntries(deprecatedFields.map((field) => [field, refused(field)])) as Record<
      (typeof deprecatedFields)[number],
      ReturnType<typeof refused>
    >),
  })
  .refine((body) => body.telegramToken || body.discordBotToken || body.whatsappToken || body.slackBotToken || body.slackAppToken, {
    error: 'At least one channel token required (Telegram, WhatsApp, or Discord)',
    // This check runs even if other fields are invalid, so that its sentence comes first.
    when: ({ value }) => typeof value === 'object' && value !== null,
  })
  .refine(...bothSlackTokens);
export type ChannelProvision = z.output<typeof channelProvision>;

const channelState = z.enum(['enabled', 'disabled']);
const provisionedFully = z.strictObject({
  success: z.literal(true),
  userId: z.string(),
  agentId: z.string(),
  id: z.string(),
  aiProvider: providerSchema,
  aiProviderConfig: z.strictObject({ model: z.string(), baseUrl: z.string(), requiresKey: z.boolean() }),
  plan: planSchema,
  streamKey: z.string(),
  liveStreamId: z.string(),
  rtmpServer: z.string(),
  playbackUrl: z.string(),
  subdomain: z.string(),
  url: z.string(),
  hls: z.strictObject({ playlistUrl: z.string() }),
  rtmp: z.strictObject({ server: z.string(), key: z.string() }),
  status: backendStatusSchema,
  createdAt: timestamp,
  metadata: z.strictObject({
    channels: z.strictObject({
      telegram: channelState,
      discord: channelState,
      whatsapp: channelState,
      /** Only where the agent has Slack. */
      slack: z.literal('enabled').optional(),
    }),
    streaming: z.strictObject({ provider: z.literal('mux'), lowLatency: z.boolean(), resolution: z.string(), bitrate: z.string() }),
  }),
  container: z.strictObject({ name: z.string(), status: z.literal('running'), port: z.int(), gatewayUrl: z.string() }).optional(),
});
export type ProvisionedFully = z.output<typeof provisionedFully>;

export const provisionWithChannels = defineRoute({
  id: 'provisionWithChannels',
  summary: 'Provision an agent with channel tokens and a live stream; without Docker, the agent gets no container',
  method: 'POST',
  auth: 'caller',
  body: channelProvision,
  status: 200,
  failure: 'Internal server error',
  errors: ['INVALID_REQUEST', 'UNAUTHORIZED', 'PAYMENT_REQUIRED', 'AGENT_LIMIT_REACHED', 'PROVISIONING_DISABLED'],
  backend: { path: '/api/provision', response: provisionedFully },
  web: {
    path: '/api/provision',
    response: provisionedFully.pick({ success: true, userId: true, subdomain: true, url: true, streamKey: true, liveStreamId: true }),
  },
  timeoutMs: 90_000,
});

/** Ids that collide with a path under /api/agents, or with the prefix of other agents' host names. */
const reserved = /^(provision|clone|dj-.*)$/i;

export const deployAgent = defineRoute({
  id: 'deployAgent',
  summary: "Deploy an agent's container under an id of the caller's choice; 200 if it runs already",
  method: 'POST',
  auth: 'caller',
  rateLimit: 'deployments',
  body: z.object({
    agentId: z
      .string({ error: 'agentId is required' })
      .min(1, { error: 'agentId is required' })
      .pipe(agentIdSchema)
      .refine((id) => !reserved.test(id), { error: 'Invalid agentId' }),
    config: newAgentConfigSchema.optional(),
  }),
  status: 201,
  alsoStatus: 200,
  failure: 'Deployment failed',
  errors: [
    'INVALID_REQUEST',
    'UNAUTHORIZED',
    'PAYMENT_REQUIRED',
    'AGENT_LIMIT_REACHED',
    'AGENT_NOT_FOUND',
    'OPERATION_IN_PROGRESS',
    'RATE_LIMITED',
    'DOCKER_UNAVAILABLE',
    'OPERATION_FAILED',
    'PROVISIONING_DISABLED',
  ],
  backend: {
    path: '/api/deployments',
    response: z.strictObject({
      id: z.string(),
      agentId: z.string(),
      subdomain: z.string(),
      url: z.string(),
      status: backendStatusSchema,
      openclawVersion: z.string().nullable(),
    }),
  },
});
