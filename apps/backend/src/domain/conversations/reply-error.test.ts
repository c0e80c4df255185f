import { expect, test } from '@jest/globals';
import { kindOf, ReplyError, replyErrorFrom } from './reply-error.ts';

/** Sentences of OpenClaw 2026.3.13, of the AI SDK, and of providers. */
test.each([
  ['⚠️ API rate limit reached. Please try again later.', 'rate_limited'],
  ['LLM request rate limited.', 'rate_limited'],
  ['429: Rate limit reached for gpt-4o in organization org-x on requests per min', 'rate_limited'],
  ['429 You exceeded your current quota, please check your plan and billing details.', 'quota'],
  ['⚠️ API provider returned a billing error — your API key has run out of credits or has an insufficient balance.', 'quota'],
  ['402: Insufficient Balance', 'quota'],
  ['HTTP 401 authentication_error: invalid x-api-key', 'unauthorized'],
  ['LLM request unauthorized.', 'unauthorized'],
  ['400: API key not valid. Please pass a valid API key.', 'unauthorized'],
  ['403: Your project does not have access to this model', 'unauthorized'],
  ['LLM request timed out.', 'timeout'],
  ['it did not answer in 120 seconds', 'timeout'],
  ['no answer: Cannot connect to API: connect ECONNREFUSED 127.0.0.1:9', 'unreachable'],
  ['no answer: Cannot connect to API: getaddrinfo ENOTFOUND model.invalid', 'unreachable'],
  ['Connection error.', 'unreachable'],
  ['The AI service is temporarily overloaded. Please try again in a moment.', 'bad_response'],
  ['LLM request failed with an unknown error.', 'bad_response'],
  ['404: The model gpt-9 does not exist', 'bad_response'],
  ['terminated', 'bad_response'],
  [
    '429: Rate limit reached for gpt-4o on requests per day: Limit 3. Please add a payment method: https://platform.openai.com/account/billing.',
    'rate_limited',
  ],
  ['502 from the load balancer', 'bad_response'],
  ["EACCES: permission denied, open '/home/node/.openclaw/x'", 'agent'],
  ['The disk is full', 'agent'],
  ['Message 4010 was not found in 1429 files', 'agent'],
])('kindOf %j is %s', (reason, kind) => {
  expect(kindOf(reason, 'agent')).toBe(kind);
});

test('a ReplyError says what to do after its reason, once', () => {
  expect(new ReplyError('rate_limited', 'LLM request rate limited.').message).toBe(
    'LLM request rate limited. Wait a minute, then send the message again',
  );
  expect(new ReplyError('agent', 'The disk is full').message).toBe('The disk is full');
  expect(new ReplyError('quota', 'No credit').details).toEqual({ kind: 'quota' });
});

test.each([
  [
    "402 BUDGET_EXCEEDED: This agent's budget for today is spent. It begins again",
    "This agent's budget for today is spent. It begins again",
  ],
])('replyErrorFrom %p tells the budget’s own sentence', (reason, sentence) => {
  const error = replyErrorFrom(reason, 'agent', `The agent could not answer: ${reason}`);
  expect([error.kind, error.message]).toEqual(['budget', sentence]);
});

test('replyErrorFrom another reason tells the given sentence', () => {
  const error = replyErrorFrom('429 slow down', 'agent', 'It failed');
  expect([error.kind, error.message]).toEqual(['rate_limited', 'It failed. Wait a minute, then send the message again']);
});
