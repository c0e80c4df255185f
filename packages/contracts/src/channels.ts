import { z } from 'zod';
import { agentParams, secretText, slackAppToken, slackBotToken } from './agents.ts';
import { defineRoute } from './define-route.ts';

const timestamp = z.iso.datetime();
const channel = z.strictObject({
  channel: z.enum(['telegram', 'discord', 'whatsapp', 'slack']),
  /** `pairing`: WhatsApp waits for its QR code to be scanned. `off`: the agent's gateway does not run. */
  state: z.enum(['connected', 'connecting', 'pairing', 'error', 'off']),
  /** The name of the linked account, if the channel reports it. */
  account: z.string().nullable(),
  error: z.string().nullable(),
  lastInboundAt: timestamp.nullable(),
  lastOutboundAt: timestamp.nullable(),
});
export type ChannelView = z.infer<typeof channel>;

const list = z.strictObject({ channels: z.array(channel), status: z.literal('ok') });
export const listChannels = defineRoute({
  id: 'listChannels',
  summary: "An agent's channels and their connection states, as its gateway reports them",
  method: 'GET',
  auth: 'caller',
  params: agentParams,
  status: 200,
  failure: 'Failed to fetch channels',
  errors: ['UNAUTHORIZED', 'AGENT_NOT_FOUND'],
  backend: { path: '/api/agents/:id/channels', response: list },
  web: { path: '/api/agents/:id/channels', response: list },
});

const errors = ['INVALID_REQUEST', 'UNAUTHORIZED', 'AGENT_NOT_FOUND', 'OPERATION_FAILED'] as const;
const linking = z.strictObject({
  /** A PNG as a data URL, valid for one minute; null when the account is linked already. */
  qr: z
    .string()
    .regex(/^data:image\/png;base64,/)
    .nullable(),
  message: z.string(),
  status: z.enum(['pairing', 'linked']),
});
export const linkWhatsApp = defineRoute({
  id: 'linkWhatsApp',
  summary: "Link an agent to a WhatsApp account: the gateway's QR code, to be scanned in WhatsApp under Linked Devices",
  method: 'POST',
  auth: 'caller',
  params: agentParams,
  status: 200,
  failure: 'Failed to link WhatsApp',
  errors,
  backend: { path: '/api/agents/:id/channels/whatsapp/link', response: linking },
  web: { path: '/api/agents/:id/channels/whatsapp/link', response: linking },
  timeoutMs: 45_000,
});

const unlinked = z.strictObject({ success: z.literal(true), status: z.literal('pairing') });
export const unlinkWhatsApp = defineRoute({
  id: 'unlinkWhatsApp',
  summary: 'Unlink an agent from its WhatsApp account',
  method: 'DELETE',
  auth: 'caller',
  params: agentParams,
  status: 200,
  failure: 'Failed to unlink WhatsApp',
  errors,
  backend: { path: '/api/agents/:id/channels/whatsapp/link', response: unlinked },
  web: { path: '/api/agents/:id/channels/whatsapp/link', response: unlinked },
  timeoutMs: 45_000,
});

const checked = z.strictObject({ account: z.string(), status: z.literal('ok') });
export const checkChannelToken = defineRoute({
  id: 'checkChannelToken',
  summary: 'Check a token with Telegram, Discord or Slack, and return the name of its bot or its Slack app; nothing is stored',
  method: 'POST',
  auth: 'caller',
  body: z.discriminatedUnion(
    'channel',
    [
      z.object({ channel: z.enum(['telegram', 'discord']), token: secretText }),
      // Slack has two tokens, and each is checked by itself.
      z.object({ channel: z.literal('slack'), token: slackBotToken }),
      z.object({ channel: z.literal('slack-app'), token: slackAppToken }),
    ],
    { error: 'Invalid channel' },
  ),
  status: 200,
  failure: 'Failed to check the token',
  errors: ['INVALID_REQUEST', 'UNAUTHORIZED', 'CHANNEL_UNAVAILABLE'],
  backend: { path: '/api/channels/check', response: checked },
  web: { path: '/api/channels/check', response: checked },
});
