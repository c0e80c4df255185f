import { expect, test } from '@jest/globals';
import { AppError, errorTable } from './errors.ts';

// RFC 9110 and RFC 6585 name the statuses; the contract's tables use them for these cases.
test('every error code has its HTTP status', () => {
  const byStatus = Map.groupBy(Object.entries(errorTable), ([, { status }]) => status);
  const codes = Object.fromEntries([...byStatus].map(([status, rows]) => [status, rows.map(([code]) => code).sort()]));
  expect(codes).toEqual({
    400: ['INVALID_REQUEST'],
    401: ['UNAUTHORIZED', 'UNKNOWN_PASSKEY'],
    402: ['AGENT_LIMIT_REACHED', 'PAYMENT_NOT_VERIFIED', 'PAYMENT_REQUIRED'],
    403: ['ACCOUNT_BLOCKED', 'FORBIDDEN', 'INSUFFICIENT_SCOPE', 'PASSKEY_COPIED', 'SIGN_UP_CLOSED', 'WRONG_PASSWORD'],
    404: [
      'AGENT_NOT_FOUND',
      'API_KEY_NOT_FOUND',
      'BACKUP_NOT_FOUND',
      'FILE_NOT_FOUND',
      'FILE_VERSION_NOT_FOUND',
      'IMAGE_NOT_FOUND',
      'MESSAGE_NOT_FOUND',
      'NODE_NOT_FOUND',
      'NOT_FOUND',
      'OPERATION_NOT_FOUND',
      'PASSKEY_NOT_FOUND',
      'PLAN_REQUEST_NOT_FOUND',
      'PROVIDER_KEY_NOT_FOUND',
      'SESSION_NOT_FOUND',
      'USER_NOT_FOUND',
      'WALLET_NOT_FOUND',
    ],
    409: [
      'AGENT_NOT_RUNNING',
      'API_KEY_LIMIT_REACHED',
      'CHALLENGE_EXPIRED',
      'EMAIL_TAKEN',
      'IDEMPOTENCY_IN_PROGRESS',
      'IMAGES_FULL',
      'LAST_ADMINISTRATOR',
      'MAIL_AVAILABLE',
      'OPERATION_IN_PROGRESS',
      'OPERATION_NOT_CANCELLABLE',
      'PASSKEY_LIMIT_REACHED',
      'PASSKEY_TAKEN',
      'PLAN_REQUEST_CLOSED',
      'PLAN_REQUEST_OPEN',
      'SUBSCRIPTION_ACTIVE',
      'WALLET_TAKEN',
    ],
    412: ['FILE_CHANGED'],
    413: ['PAYLOAD_TOO_LARGE'],
    415: ['UNSUPPORTED_MEDIA_TYPE'],
    422: ['FILE_NOT_EDITABLE', 'IDEMPOTENCY_KEY_REUSED'],
    429: ['RATE_LIMITED', 'TOO_MANY_WAITING'],
    500: ['DOCKER_UNAVAILABLE', 'INTERNAL', 'OPERATION_FAILED', 'OPERATION_STILL_RUNNING'],
    502: ['BACKEND_UNAVAILABLE'],
    503: [
      'CHANNEL_UNAVAILABLE',
      'GATEWAY_UNAVAILABLE',
      'MAIL_UNAVAILABLE',
      'MODELS_UNAVAILABLE',
      'PAYMENTS_UNAVAILABLE',
      'PROVISIONING_DISABLED',
    ],
  });
});

test('the sentences that clients see say what happened, and what to do', () => {
  // docs/api.md lists the codes; the sentences without a line in the contract stand here, so that a change is a decision.
  const sentences = Object.values(errorTable).map(({ sentence }) => sentence);
  for (const sentence of sentences) expect(sentence).toMatch(/^[A-Z][^<>{}]{6,110}$/);
  expect(new Set(sentences).size).toBe(sentences.length);
});

test('an AppError has the default sentence of its code, keeps its cause from the message, and takes public details', () => {
  const cause = new Error('ECONNREFUSED 10.0.0.1');
  const plain = new AppError('AGENT_NOT_FOUND', undefined, { cause });
  expect(plain).toMatchObject({ code: 'AGENT_NOT_FOUND', message: 'Agent not found', name: 'AppError', details: {}, cause });
  const detailed = new AppError('AGENT_LIMIT_REACHED', 'No more', { details: { limit: 3 } });
  expect(detailed).toMatchObject({ message: 'No more', details: { limit: 3 } });
});
