import { AppError } from '@agentbot/contracts';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createSteps, Skipped, type Step } from '../src/domain/operations/steps.ts';
import { startBackend, type TestBackend } from './backend.ts';

/** The result of a step for its workflow, and its record for the operation's page. */

const id = 'op_steps';
let backend: TestBackend;
let step: Step;

beforeAll(async () => {
  backend = await startBackend();
  const data = { id, agentId: 'agent_steps', ownerId: await backend.account(), kind: 'start' };
  const operation = await backend.context.database.as('service', (tx) => tx.operation.create({ data }));
  const never = new AbortController().signal;
  step = createSteps(backend.context.database, operation, { job: never, cancel: never });
});
afterAll(() => backend.stop());

const recorded = async (name: string) => {
  const where = { operationId_name: { operationId: id, name } };
  const { state, detail } = await backend.context.database.as('service', (tx) => tx.operationStep.findUniqueOrThrow({ where }));
  return [state, detail];
};

test("a step returns its work's result and records the detail computed from it", async () => {
  const detail = ({ version }: { version: string }) => `OpenClaw ${version}`;
  expect(await step('image', 60_000, async () => ({ version: '1' }), { detail })).toEqual({ version: '1' });
  expect(await recorded('image')).toEqual(['done', 'OpenClaw 1']);
});

test('a step without a detail records none, whatever its work returns', async () => {
  expect(await step('stop', 60_000, async () => 'a sentence')).toBe('a sentence');
  expect(await recorded('stop')).toEqual(['done', null]);
});

test('a skipped step returns and records its reason without a detail', async () => {
  const skipped = new Skipped('There is nothing to do');
  const detail = () => 'unused';
  expect(await step('warm', 60_000, async () => skipped, { detail })).toBe(skipped);
  expect(await recorded('warm')).toEqual(['skipped', 'There is nothing to do']);
});

test('a step throws what its work threw and records the sentence of an AppError alone', async () => {
  const fail = (error: Error) => () => Promise.reject(error);
  await expect(step('start', 60_000, fail(new AppError('OPERATION_FAILED', 'The port is taken')))).rejects.toThrow('The port is taken');
  expect(await recorded('start')).toEqual(['failed', 'The port is taken']);
  await expect(step('ready', 60_000, fail(new Error('ECONNREFUSED')))).rejects.toThrow('ECONNREFUSED');
  expect(await recorded('ready')).toEqual(['failed', null]);
});
