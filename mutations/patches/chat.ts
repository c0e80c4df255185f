import type { Patch } from '../patch.ts';

const conversations = (name: string) => `apps/backend/src/domain/conversations/${name}.ts`;
const reply = conversations('reply-from-provider');
const settle = conversations('settle-reply');
const fromContainer = conversations('reply-from-container');
const gateway = (name: string) => ({ package: '@agentbot/backend', file: 'test/gateway.test.ts', name });
const find = 'apps/backend/src/domain/agents/find-agent.ts';
const test = (name: string) => ({ package: '@agentbot/backend', file: 'test/model-providers.test.ts', name });
const address = test('calls the contract’s address');
const long = test('a long session');
const settled = test('settle');

/** Chat: the conversation that a model gets, and what becomes of its reply. */
export const chat: Patch[] = [
  {
    id: 'chat-order',
    file: conversations('conversation'),
    find: '.sort((a, b) => Number(a.seq - b.seq))',
    replace: '.sort((a, b) => Number(b.seq - a.seq))',
    harm: 'the model gets the conversation backwards',
    test: address,
  },
  {
    id: 'chat-last-only',
    file: reply,
    find: 'messages: promptMessages(history)',
    replace: 'messages: promptMessages(history.slice(-1))',
    harm: 'the model knows nothing of the conversation',
    test: address,
  },
  {
    id: 'chat-roles',
    file: reply,
    find: "('user' as const) : ('assistant' as const)",
    replace: "('assistant' as const) : ('user' as const)",
    harm: 'the model takes its words for the person’s',
    test: address,
  },
  {
    id: 'chat-session',
    file: reply,
    find: '{ sessionId: message.sessionId }',
    replace: '{ agentId: message.agentId }',
    harm: 'the model gets the messages of other sessions',
    test: test('the instructions'),
  },
  {
    id: 'chat-first',
    file: reply,
    find: '.slice(first)',
    replace: '.slice(0)',
    harm: 'Anthropic refuses each message of a long session',
    test: long,
  },
  {
    id: 'chat-history',
    file: reply,
    find: 'MAX_HISTORY_MESSAGES = 40',
    replace: 'MAX_HISTORY_MESSAGES = 20',
    harm: 'the model forgets half of the conversation',
    test: long,
  },
  {
    id: 'chat-system',
    file: reply,
    find: '...(system && { system }),',
    replace: '',
    harm: 'a specialized agent without a container has no specialty',
    test: test('the instructions'),
  },
  {
    id: 'chat-interrupted',
    file: reply,
    find: "(await finishReason) === 'interrupted'",
    replace: 'false',
    harm: 'half of a reply is kept as the whole',
    test: test('goes wrong: ends'),
  },
  {
    id: 'chat-stream-error',
    file: reply,
    find: 'if (failure) throw failure;',
    replace: '',
    harm: 'a failed reply is kept as the whole',
    test: test('goes wrong: error'),
  },
  {
    id: 'chat-empty',
    file: conversations('answer-message'),
    find: "if (reply.trim() === '') throw",
    replace: "if (reply === 'nothing') throw",
    harm: 'an empty message is shown as the reply',
    test: test('empty or a web page'),
  },
  {
    id: 'chat-default',
    file: find,
    find: "findFirst({ where, orderBy: { createdAt: 'desc' } })",
    replace: "findFirst({ where, orderBy: { createdAt: 'asc' } })",
    harm: 'a message goes to another agent',
    test: test('newest running agent'),
  },
  {
    id: 'chat-default-stopped',
    file: find,
    find: "{ ownerId, state: 'running' as const }",
    replace: '{ ownerId }',
    harm: 'no message is answered while the newest agent is stopped',
    test: test('newest running agent'),
  },
  {
    id: 'chat-settle',
    file: settle,
    find: "where: { id, state: 'pending' }, data: { ...data,",
    replace: 'where: { id }, data: { ...data,',
    harm: 'the agent’s words stand twice in the session',
    test: settled,
  },
  {
    id: 'chat-settle-failed',
    file: settle,
    find: 'if (count && !failed)',
    replace: 'if (!failed)',
    harm: 'an aborted reply joins the session',
    test: settled,
  },
  {
    id: 'chat-fallback-ignored',
    file: fromContainer,
    find: 'if (isFirst) void endAfterError().then(fail, fail);',
    replace: 'if (isFirst) fail();',
    harm: 'a chat fails although a fallback model answers a second later',
    test: gateway('takes the answer of a fallback model'),
  },
  {
    id: 'chat-fallback-history',
    file: fromContainer,
    find: "const reply = status === 'ok' && (await replyInHistory(gateway, sessionKey, question));",
    replace: 'const reply = false as const;',
    harm: 'the answer of a fallback model is lost when the gateway sends no event for it',
    test: gateway('from the history'),
  },
  {
    id: 'chat-fallback-first-error',
    file: fromContainer,
    find: 'const fail = () => reject(failure);',
    replace: 'const first = failure; const fail = () => reject(first);',
    harm: 'the person is told the error of a model that was not the last one tried',
    test: gateway('with the last error'),
  },
  {
    id: 'chat-fallback-always',
    file: fromContainer,
    find: 'return (config?.agents?.defaults?.model?.fallbacks ?? []).length > 0;',
    replace: 'return config !== null;',
    harm: 'every error of a model is told fifteen seconds late',
    test: gateway('fails at once'),
  },
];
