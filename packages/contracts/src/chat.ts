import { z } from 'zod';
import { agentIdSchema, agentParams } from './agents.ts';
import { defineRoute } from './define-route.ts';
import { messageImage, sentImages } from './message-images.ts';
import { wholeNumber } from './paging.ts';

const timestamp = z.iso.datetime();
/**
 * Why a reply failed: the model's server cannot be reached, refuses the key, has no credit left, or limits the rate; its
 * response is unusable; no answer came in time; a limit of the plan on one reply is used up; the agent itself failed; or a
 * person stopped it.
 */
export const replyErrorKindSchema = z.enum([
  'unreachable',
  'unauthorized',
  'quota',
  'rate_limited',
  'bad_response',
  'timeout',
  'budget',
  'agent',
  'stopped',
]);
export type ReplyErrorKind = z.infer<typeof replyErrorKindSchema>;

export const messageSchema = z.strictObject({
  id: z.string(),
  agentId: z.string(),
  sender: z.enum(['user', 'agent']),
  content: z.string(),
  /** The images that a person sent with the text; absent when there are none. */
  images: z.array(messageImage).optional(),
  timestamp,
  platform: z.string(),
  /** The state of the reply to a user's message; absent once the agent has replied. */
  reply: z
    .strictObject({
      state: z.enum(['queued', 'answering', 'failed', 'stopped']),
      kind: replyErrorKindSchema.optional(),
      error: z.string().optional(),
    })
    .optional(),
  /** Set on an agent's message that a person or a limit of the plan stopped: it has the text up to then. */
  stopped: z.literal(true).optional(),
});
export type MessageView = z.infer<typeof messageSchema>;

/** The maximum number of messages of a session that wait for the reply before them. */
export const MAX_WAITING_MESSAGES = 100;

/** The text of a message to an agent. */
export const messageText = z
  .string({ error: 'Message required' })
  .max(32_000, { error: 'Message must be at most 32000 characters' })
  .refine((value) => value.trim() !== '', { error: 'Message required' })
  .refine((value) => !value.includes('\u0000'), { error: 'Message must not contain NUL characters' });

const sent = z.strictObject({
  id: z.string(),
  message: z.string(),
  topic: z.string(),
  status: z.literal('sent'),
  timestamp,
  reply: z.string(),
});

export const sendMessage = defineRoute({
  id: 'sendMessage',
  summary:
    'Send a message, with up to four images, to an agent (by default the newest running one) and wait up to 30 seconds for its reply; `wait: false` returns at once',
  method: 'POST',
  auth: 'caller',
  narrows: true,
  body: z.object({
    message: messageText,
    images: sentImages.optional(),
    topic: z.string().max(200).optional(),
    agentId: agentIdSchema.optional(),
    sessionId: z.string().max(100).optional(),
    wait: z.boolean().optional(),
  }),
  status: 200,
  failure: 'Failed to send message',
  errors: [
    'INVALID_REQUEST',
    'UNAUTHORIZED',
    'AGENT_NOT_FOUND',
    'SESSION_NOT_FOUND',
    'IMAGES_FULL',
    'TOO_MANY_WAITING',
    'OPERATION_FAILED',
  ],
  backend: { path: '/api/chat', response: sent },
  web: { path: '/api/chat', response: sent },
  timeoutMs: 45_000,
});

const replyFrame = z.discriminatedUnion('type', [
  /** The message waits for this many earlier messages of its session. The first `text` means that its turn has begun. */
  z.strictObject({ type: z.literal('queued'), ahead: z.int() }),
  /** The text from character `at` on; it replaces the earlier text from there. */
  z.strictObject({ type: z.literal('text'), at: z.int(), text: z.string() }),
  z.strictObject({ type: z.literal('done'), message: messageSchema }),
  z.strictObject({ type: z.literal('error'), error: z.string(), kind: replyErrorKindSchema }),
]);
export type ReplyFrame = z.infer<typeof replyFrame>;
export const streamReply = defineRoute({
  id: 'streamReply',
  summary: 'The reply to a message as server-sent events `reply`, in parts as it arrives; each connection starts at its beginning',
  method: 'GET',
  auth: 'caller',
  narrows: true,
  stream: true,
  params: z.object({ messageId: z.string().max(100) }),
  status: 200,
  failure: 'Failed to stream the reply',
  errors: ['UNAUTHORIZED', 'MESSAGE_NOT_FOUND'],
  backend: { path: '/api/chat/:messageId/stream', response: replyFrame },
  web: { path: '/api/chat/:messageId/stream', response: replyFrame },
});

const cancelled = z.strictObject({
  messageId: z.string(),
  /** `cancelled`: the agent never got the message; `stopped`: its run was stopped; `ended`: the reply had ended before. */
  outcome: z.enum(['cancelled', 'stopped', 'ended']),
});
export const cancelReply = defineRoute({
  id: 'cancelReply',
  summary: 'Cancel a message that waits, or stop its reply; the text so far stays in the session',
  method: 'POST',
  auth: 'caller',
  narrows: true,
  params: z.object({ messageId: z.string().max(100) }),
  status: 200,
  failure: 'Failed to stop the reply',
  errors: ['UNAUTHORIZED', 'MESSAGE_NOT_FOUND'],
  backend: { path: '/api/chat/:messageId/cancel', response: cancelled },
  web: { path: '/api/chat/:messageId/cancel', response: cancelled },
});

const history = z.strictObject({ messages: z.array(messageSchema), count: z.int() });
export const listChat = defineRoute({
  id: 'listChat',
  summary: 'The last 100 messages between the caller and their agents, oldest first',
  method: 'GET',
  auth: 'caller',
  narrows: true,
  status: 200,
  failure: 'Failed to list messages',
  errors: ['UNAUTHORIZED'],
  backend: { path: '/api/chat', response: history },
  web: { path: '/api/chat', response: history },
});

const page = z.strictObject({
  messages: z.array(messageSchema),
  total: z.int(),
  limit: z.int(),
  offset: z.int(),
  status: z.literal('ok'),
});
export const listMessages = defineRoute({
  id: 'listMessages',
  summary: 'Messages of one agent, newest first',
  method: 'GET',
  auth: 'caller',
  params: agentParams,
  query: z.object({
    limit: wholeNumber('limit', 1, 100).default(50),
    offset: wholeNumber('offset', 0, 1_000_000_000).default(0),
    /** Limits the messages to one session. */
    sessionId: z.string().max(100).optional(),
  }),
  status: 200,
  failure: 'Failed to fetch messages',
  errors: ['INVALID_REQUEST', 'UNAUTHORIZED', 'AGENT_NOT_FOUND'],
  backend: { path: '/api/agents/:id/messages', response: page },
  web: { path: '/api/agents/:id/messages', response: page },
});
