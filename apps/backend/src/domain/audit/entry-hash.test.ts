import { createHash } from 'node:crypto';
import { expect, test } from '@jest/globals';
import { entryHash } from './entry-hash.ts';

const entry = {
  prevHash: 'p',
  ownerId: 'user_1',
  seq: 7n,
  at: new Date('2026-11-28T12:00:00.123Z'),
  actorKind: 'user',
  actorId: 'user_1',
  keyId: null,
  action: 'startAgent',
  agentId: 'agent_1',
  ip: '192.0.2.1',
  userAgent: 'é',
  outcome: 'ok',
  status: 200,
  code: null,
  requestId: 'r',
  target: null,
} as unknown as Parameters<typeof entryHash>[0];

test('entryHash is the SHA-256 of the fields in their order, each with its length in bytes', () => {
  // Written by hand, as the audit log's documentation and the database function say.
  const text = '1:p,6:user_1,1:7,24:2026-11-28T12:00:00.123Z,4:user,6:user_1,-,10:startAgent,7:agent_1,9:192.0.2.1,2:é,2:ok,3:200,-,1:r';
  expect(entryHash(entry)).toBe(createHash('sha256').update(text).digest('hex'));
  expect(entryHash({ ...entry, target: 'key_1' })).toBe(createHash('sha256').update(`${text},5:key_1`).digest('hex'));
  expect(entryHash({ ...entry, status: null })).toBe(createHash('sha256').update(text.replace('3:200', '-')).digest('hex'));
});
