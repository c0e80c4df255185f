import type { Patch } from '../patch.ts';

const contractsTest = { package: '@agentbot/contracts', file: 'test/agents-api.test.ts' };
const errors = 'packages/contracts/src/errors.ts';
const contracts = (file: string) => `packages/contracts/src/${file}.ts`;
const matrix = (name: string) => ({ package: '@agentbot/backend', file: 'test/access-matrix.test.ts', name });
const sentence = (id: string, find: string, replace: string, harm: string, file = errors): Patch => ({
  id,
  file,
  find,
  replace,
  harm,
  test: contractsTest,
});

/** Statuses, sentences and shapes of errors, and who gets them. */
export const answers: Patch[] = [
  sentence(
    'answer-taken',
    'EMAIL_TAKEN: { status: 409',
    'EMAIL_TAKEN: { status: 400',
    'a client cannot tell a taken address from a wrong one',
  ),
  sentence('answer-busy', 'OPERATION_IN_PROGRESS: { status: 409', 'OPERATION_IN_PROGRESS: { status: 423', 'clients do not try again'),
  sentence('answer-busy-text', 'Another operation is running on this agent', 'Busy', 'nobody understands why the call is refused'),
  sentence('answer-rate', 'RATE_LIMITED: { status: 429', 'RATE_LIMITED: { status: 503', 'clients do not slow down'),
  sentence('answer-rate-text', 'Too many requests, please slow down.', 'Too many requests', 'the contract’s sentence is not sent'),
  sentence('answer-foreign', 'FORBIDDEN: { status: 403', 'FORBIDDEN: { status: 401', 'the dashboard signs a user out'),
  sentence('answer-backend', 'BACKEND_UNAVAILABLE: { status: 502', 'BACKEND_UNAVAILABLE: { status: 500', 'an outage looks like a fault'),
  sentence('answer-backend-text', "'Backend service unavailable'", "'Backend unavailable'", 'the contract’s sentence is not sent'),
  sentence(
    'answer-disabled',
    'PROVISIONING_DISABLED: { status: 503',
    'PROVISIONING_DISABLED: { status: 500',
    'the kill switch looks like a fault',
  ),
  sentence(
    'answer-docker',
    'Docker is not available on the server: container operations require Docker',
    'No Docker',
    'the cause is not told',
  ),
  sentence('answer-wallet', 'WALLET_TAKEN: { status: 409', 'WALLET_TAKEN: { status: 404', 'a taken wallet looks absent'),
  sentence('answer-payment', 'PAYMENT_NOT_VERIFIED: { status: 402', 'PAYMENT_NOT_VERIFIED: { status: 400', 'a client does not pay'),
  sentence('answer-session', "'Session not found'", "'No such session'", 'the contract’s sentence is not sent'),
  sentence(
    'answer-clone',
    "failure: 'Clone failed'",
    "failure: 'Failed to clone'",
    'the contract’s sentence is not sent',
    contracts('clone'),
  ),
  sentence(
    'answer-agent',
    "'/api/instance/:userId', response: instance, foreignIs: 403",
    "'/api/instance/:userId', response: instance",
    'another user’s instance is 404, not 403',
    contracts('instances'),
  ),
  sentence(
    'answer-shape',
    "stopped, errorShape: 'lifecycle', foreignIs: 403",
    'stopped, foreignIs: 403',
    'a failed stop has no `success: false`',
    contracts('lifecycle'),
  ),
  sentence('answer-keys', "failure: 'Failed to create API key'", "failure: 'Failed'", 'nobody knows what failed', contracts('api-keys')),
  {
    id: 'answer-stream-owner',
    file: 'apps/backend/src/domain/conversations/stream-reply.ts',
    find: "if (!reply) throw new AppError('MESSAGE_NOT_FOUND');",
    replace: "if (reply || !reply) throw new AppError('MESSAGE_NOT_FOUND');",
    harm: 'nobody reads a reply as it comes',
    test: matrix('streamReply answers the owner'),
  },
];
