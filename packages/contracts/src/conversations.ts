import { z } from 'zod';
import { agentParams } from './agents.ts';
import { defineRoute } from './define-route.ts';
import { wholeNumber } from './paging.ts';
import { hasVisibleCharacter, visibleText } from './visible-text.ts';

/** The maximum number of characters of a title that a person gives a conversation. */
export const MAX_TITLE_CHARACTERS = 120;

const timestamp = z.iso.datetime();
const conversation = z.strictObject({
  id: z.string(),
  /** The beginning of the first message, unless somebody renamed the conversation; null before the first message. */
  title: z.string().nullable(),
  /** An ended conversation can be read, not continued. */
  status: z.enum(['active', 'ended']),
  createdAt: timestamp,
  lastActivityAt: timestamp,
  messageCount: z.int(),
  /** Where the conversation is held: only those of `web` can be continued over this API. */
  platform: z.string(),
});
export type ConversationView = z.infer<typeof conversation>;

const conversationParams = agentParams.extend({ conversationId: z.string().max(100) });
const conversationErrors = ['UNAUTHORIZED', 'AGENT_NOT_FOUND', 'SESSION_NOT_FOUND'] as const;

const page = z.strictObject({
  conversations: z.array(conversation),
  total: z.int(),
  limit: z.int(),
  offset: z.int(),
  status: z.literal('ok'),
});
export const listConversations = defineRoute({
  id: 'listConversations',
  summary: 'The conversations of an agent, the latest first; with `search`, those whose title or messages contain the text',
  method: 'GET',
  auth: 'caller',
  params: agentParams,
  query: z.object({
    search: z.string().max(200, { error: 'search must be at most 200 characters' }).optional(),
    limit: wholeNumber('limit', 1, 100).default(50),
    offset: wholeNumber('offset', 0, 1_000_000_000).default(0),
  }),
  status: 200,
  failure: 'Failed to list conversations',
  errors: ['INVALID_REQUEST', 'UNAUTHORIZED', 'AGENT_NOT_FOUND'],
  backend: { path: '/api/agents/:id/conversations', response: page },
  web: { path: '/api/agents/:id/conversations', response: page },
});

const title = z
  .string({ error: 'title is required' })
  .trim()
  .max(MAX_TITLE_CHARACTERS, { error: `title must be at most ${MAX_TITLE_CHARACTERS} characters` })
  .refine((text) => !/[\p{Cc}\u2028\u2029]/u.test(text), { error: 'title must be one line without control characters' })
  .refine(hasVisibleCharacter, { error: 'title must have a visible character' })
  .regex(visibleText, { error: 'title must not contain invisible characters' });

const renamed = z.strictObject({ conversation, status: z.literal('updated') });
export const renameConversation = defineRoute({
  id: 'renameConversation',
  summary: 'Give a conversation another title',
  method: 'PATCH',
  auth: 'caller',
  params: conversationParams,
  body: z.strictObject({ title }),
  status: 200,
  failure: 'Failed to rename the conversation',
  errors: ['INVALID_REQUEST', ...conversationErrors],
  backend: { path: '/api/agents/:id/conversations/:conversationId', response: renamed },
  web: { path: '/api/agents/:id/conversations/:conversationId', response: renamed },
});

const deleted = z.strictObject({ id: z.string(), deleted: z.literal(true) });
export const deleteConversation = defineRoute({
  id: 'deleteConversation',
  summary: "Delete a conversation with its messages, also in the agent's gateway; a reply in progress is stopped",
  method: 'DELETE',
  auth: 'caller',
  params: conversationParams,
  status: 200,
  failure: 'Failed to delete the conversation',
  errors: [...conversationErrors, 'AGENT_NOT_RUNNING', 'GATEWAY_UNAVAILABLE'],
  backend: { path: '/api/agents/:id/conversations/:conversationId', response: deleted },
  web: { path: '/api/agents/:id/conversations/:conversationId', response: deleted },
  // The gateway ends a run of the session first.
  timeoutMs: 90_000,
});
