import { describe, expect, test } from '@jest/globals';
import type { Prisma } from '../../generated/prisma/client.ts';
import {
  keepsServing,
  readAgentBefore,
  readBackupInput,
  readCause,
  readHealMessage,
  readReplacementNotes,
  readRestoreInput,
  readUpdateInput,
} from './operation-columns.ts';

const id = 'op_1';
const spec = {
  agentId: 'agent_1',
  ownerId: 'user_1',
  installation: 'default',
  image: 'agentbot/openclaw:2026.3.13',
  plan: 'solo',
  fingerprint: 'f00d',
  names: { container: 'c', volume: 'v', network: 'n' },
  env: {},
  secretEnv: {},
  memoryBytes: 1,
  cpus: 1,
  pidsLimit: 512,
  bind: { address: '127.0.0.1', gateway: 19_000, bridge: 19_002 },
  subnet: '10.201.0.0/29',
  extraHosts: [],
};

describe('agentBefore', () => {
  test.each<[string, Prisma.JsonObject]>([
    ['of a row that is older than the column', {}],
    ['of 1fdc186', { state: 'running', image: null }],
    ['of b2b3395', { state: 'running', image: 'i', goesOn: true }],
    ['of an agent that keeps serving', { state: 'running', image: 'i', keepsServing: true }],
    ['with the plan', { state: 'stopped', image: 'i', plan: 'label' }],
    ['with a key that this version does not know', { state: 'error', node: 'n1' }],
  ])('readAgentBefore reads %s whole', (_shape, agentBefore) => {
    expect(readAgentBefore({ id, agentBefore })).toEqual(agentBefore);
  });

  test.each<[Prisma.JsonObject, string]>([
    [{ state: 'asleep' }, 'agentBefore.state (invalid_value)'],
    [{ plan: 'platinum' }, 'agentBefore.plan (invalid_value)'],
    [{ image: 5 }, 'agentBefore.image (invalid_type)'],
  ])('readAgentBefore refuses %j, and keepsServing still reads it', (broken, field) => {
    const row = { id, agentBefore: { ...broken, keepsServing: true } };
    expect(() => readAgentBefore(row)).toThrow(`The column agentBefore of operation op_1 cannot be read: ${field}`);
    expect(keepsServing(row)).toBe(true);
  });

  test('keepsServing reads the key goesOn of older rows', () => {
    expect(keepsServing({ id, agentBefore: { goesOn: true } })).toBe(true);
  });

  test('keepsServing is false without a stored key', () => {
    expect(keepsServing({ id, agentBefore: {} })).toBe(false);
  });
});

describe('input', () => {
  test('has the image of an update, the backup of a restore and the cause of a backup', () => {
    expect(readUpdateInput({ id, input: { image: 'i' } })).toEqual({ image: 'i' });
    expect(readRestoreInput({ id, input: { backupId: 'bk_1' } })).toEqual({ backupId: 'bk_1' });
    expect(readBackupInput({ id, input: {} })).toEqual({ cause: 'manual' });
    expect(readBackupInput({ id, input: { cause: 'schedule' } })).toEqual({ cause: 'schedule' });
    expect([readCause({ id, input: {} }), readCause({ id, input: { cause: 'recovery' } })]).toEqual([undefined, 'recovery']);
  });

  test.each<[string, () => unknown, string]>([
    ['an update without image', () => readUpdateInput({ id, input: {} }), 'input.image (invalid_type)'],
    ['a restore without backup', () => readRestoreInput({ id, input: { backupId: 1 } }), 'input.backupId (invalid_type)'],
    ['a backup of an unknown cause', () => readBackupInput({ id, input: { cause: 'x' } }), 'input.cause (invalid_value)'],
  ])('of %s is refused', (_what, read, field) => {
    expect(read).toThrow(`The column input of operation op_1 cannot be read: ${field}`);
  });
});

describe('result of an update or restore', () => {
  const undoing = { sentence: 's', cancelled: true };
  test.each<[string, Prisma.JsonObject, object]>([
    ['before anything was noted', {}, {}],
    ['that began', { backupPath: null, previousImage: 'i' }, { backupPath: null, previousImage: 'i' }],
    [
      'that is being rolled back, with a spec without version',
      { backupId: 'bk_1', backupPath: '/b', spec, undoing },
      { backupId: 'bk_1', backupPath: '/b', spec: { ...spec, version: 1, cacheVolume: null }, undoing },
    ],
    ['with keys that this version does not know', { rehearsal: 'r1' }, { rehearsal: 'r1' }],
  ])('%s is read', (_shape, result, expected) => {
    expect(readReplacementNotes({ id, result })).toEqual(expected);
  });

  test.each<[Prisma.JsonObject, string]>([
    [{ spec: { ...spec, plan: null } }, 'result.spec of operation op_1 cannot be read: result.spec.plan (invalid_value)'],
    [{ undoing: { sentence: 's' } }, 'result of operation op_1 cannot be read: result.undoing.cancelled (invalid_type)'],
    [{ backupId: null }, 'result of operation op_1 cannot be read: result.backupId (invalid_type)'],
  ])('%j is refused', (result, sentence) => {
    expect(() => readReplacementNotes({ id, result })).toThrow(sentence);
  });
});

test('readHealMessage reads the sentence of a restart, and nothing where the model was served', () => {
  expect(readHealMessage({ id, result: {} })).toBe('');
  expect(readHealMessage({ id, result: { healMessage: 'The model changed' } })).toBe('The model changed');
  expect(() => readHealMessage({ id, result: { healMessage: 5 } })).toThrow('result.healMessage (invalid_type)');
});
