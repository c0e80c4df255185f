import { setTimeout as sleep } from 'node:timers/promises';
import { AppError } from '@agentbot/contracts';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createSteps, Skipped, type Step } from '../src/domain/operations/steps.ts';
import type { OperationState } from '../src/generated/prisma/client.ts';
import { startBackend, type TestBackend } from './backend.ts';

/** The result of a step for its workflow, its record for the operation's page, and the cancellation of operations. */

const id = 'op_steps';
let backend: TestBackend;
let step: Step;
let owner: string;

beforeAll(async () => {
  backend = await startBackend();
  owner = await backend.account();
  const data = { id, agentId: 'agent_steps', ownerId: owner, kind: 'start' };
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

describe('the signals of an operation', () => {
  let operations = 0;
  /** The steps of a new operation, with its signals. */
  async function newSteps() {
    const data = { id: `op_signals${operations}`, agentId: `agent_signals${operations++}`, ownerId: owner, kind: 'update' };
    const operation = await backend.context.database.as('service', (tx) => tx.operation.create({ data }));
    const [job, cancel] = [new AbortController(), new AbortController()];
    const steps = async () => {
      const rows = await backend.context.database.as('service', (tx) =>
        tx.operationStep.findMany({ where: { operationId: data.id }, orderBy: { position: 'asc' } }),
      );
      return rows.map(({ name, state, detail }) => [name, state, detail]);
    };
    return { step: createSteps(backend.context.database, operation, { job: job.signal, cancel: cancel.signal }), job, cancel, steps };
  }
  /** Work that ends when its signal aborts, and tells when it has ended. */
  function slowWork() {
    const state = { begun: false, ended: false };
    const begin = Promise.withResolvers<void>();
    const work = async (signal: AbortSignal) => {
      state.begun = true;
      begin.resolve();
      if (!signal.aborted) await new Promise((resolve) => signal.addEventListener('abort', resolve));
      await sleep(50);
      state.ended = true;
      signal.throwIfAborted();
    };
    return { state, work, begun: begin.promise };
  }

  test('the deadline ends a step with its sentence, after its work has ended; the steps keep their order', async () => {
    const { step, steps } = await newSteps();
    await step('image', 60_000, async () => undefined);
    const { state, work } = slowWork();
    await expect(step('ready', 1_000, work)).rejects.toMatchObject({
      code: 'OPERATION_FAILED',
      message: 'The stage "ready" was not done within 1 seconds',
    });
    expect(state.ended).toBe(true);
    await step('create', 60_000, async () => undefined);
    expect(await steps()).toEqual([
      ['image', 'done', null],
      ['ready', 'failed', 'The stage "ready" was not done within 1 seconds'],
      ['create', 'done', null],
    ]);
  });

  test('the error of a step that exceeds its deadline contains the AppError of its work, and no other error', async () => {
    const { step } = await newSteps();
    const failingWith = (error: Error) => async (signal: AbortSignal) => {
      await new Promise((resolve) => signal.addEventListener('abort', resolve));
      throw error;
    };
    await expect(step('ready', 1_000, failingWith(new AppError('OPERATION_FAILED', 'Its gateway is silent')))).rejects.toThrow(
      'The stage "ready" was not done within 1 seconds. Its gateway is silent',
    );
    await expect(step('ready', 1_000, failingWith(new Error('ECONNREFUSED 10.0.0.7')))).rejects.toThrow(
      /^The stage "ready" was not done within 1 seconds$/,
    );
  });

  test('a cancellation ends the current step once its work has ended, and is then done with: the compensation runs', async () => {
    const { step, cancel, steps } = await newSteps();
    const { state, work, begun } = slowWork();
    const working = step('create', 60_000, work);
    await begun;
    cancel.abort();
    await expect(working).rejects.toThrow('The operation was cancelled');
    expect(state.ended).toBe(true);
    // A step that is shared with the way forward compensates too.
    await step('stop', 60_000, async (signal) => expect(signal.aborted).toBe(false));
    await step('rollback', 60_000, async (signal) => expect(signal.aborted).toBe(false), { isCompensation: true });
    expect(await steps()).toEqual([
      ['create', 'failed', 'The operation was cancelled'],
      ['stop', 'done', null],
      ['rollback', 'done', null],
    ]);
  });

  test('a cancellation between two steps begins no further step', async () => {
    const { step, cancel, steps } = await newSteps();
    cancel.abort();
    const { state, work } = slowWork();
    await expect(step('create', 60_000, work)).rejects.toThrow('The operation was cancelled');
    expect([state.begun, await steps()]).toEqual([false, []]);
  });

  test('a cancellation during a compensation does not end it', async () => {
    const { step, cancel } = await newSteps();
    const compensate = async (signal: AbortSignal) => {
      cancel.abort();
      await sleep(50);
      return signal.aborted;
    };
    expect(await step('rollback', 60_000, compensate, { isCompensation: true })).toBe(false);
    expect(await step('start', 60_000, async () => 'goes on')).toBe('goes on');
  });

  test('an interrupted job begins no further step, not even a compensation: another process owns the operation', async () => {
    const { step, job, steps } = await newSteps();
    job.abort();
    const { state, work } = slowWork();
    await expect(step('rollback', 60_000, work, { isCompensation: true })).rejects.toThrow('The job was interrupted');
    expect([state.begun, await steps()]).toEqual([false, []]);
  });
});

describe('POST /api/agents/:id/operations/:operationId/cancel', () => {
  let agents = 0;
  /** An agent with one operation. @returns the answer to the request to cancel it, and the agent's state after it */
  async function cancel(kind: string, state: OperationState, before: object = { state: 'running' }, user = owner) {
    const agentId = `cancelled${agents++}`;
    const finishedAt = ['queued', 'running'].includes(state) ? null : new Date();
    await backend.context.database.as('service', async (tx) => {
      await tx.agent.create({ data: { id: agentId, ownerId: owner, name: 'A', model: 'gpt-4', aiProvider: 'openai', state: 'updating' } });
      await tx.operation.create({ data: { id: `op_${agentId}`, agentId, ownerId: owner, kind, state, finishedAt, agentBefore: before } });
    });
    const { status, body } = await backend.as(user, 'POST', `/api/agents/${agentId}/operations/op_${agentId}/cancel`);
    const agent = await backend.context.database.as('service', (tx) => tx.agent.findUniqueOrThrow({ where: { id: agentId } }));
    return { status, body, agent: agent.state };
  }

  test.each(['running', 'stopped', 'error', 'pending'])('ends a queued operation at once, and the agent is %s as before', async (state) => {
    expect(await cancel('start', 'queued', { state })).toMatchObject({
      status: 200,
      body: { operation: { state: 'cancelled', error: 'The operation was cancelled before it began', cancelRequested: true } },
      agent: state,
    });
  });

  test('leaves the agent stopped when it was in the middle of another operation before', async () => {
    expect(await cancel('start', 'queued', { state: 'provisioning' })).toMatchObject({ status: 200, agent: 'stopped' });
  });

  test('only requests the end of a running operation', async () => {
    expect(await cancel('restart', 'running')).toMatchObject({
      status: 200,
      body: { operation: { state: 'running', finishedAt: null, cancelRequested: true } },
      agent: 'updating',
    });
  });

  test.each(['stop', 'reset-memory', 'delete'])('refuses with 409 to end a %s in the middle', async (kind) => {
    expect(await cancel(kind, 'running')).toMatchObject({ status: 409, body: { code: 'OPERATION_NOT_CANCELLABLE' }, agent: 'updating' });
  });

  test.each(['succeeded', 'failed', 'cancelled'] as const)('refuses with 409 an operation that has %s', async (state) => {
    expect(await cancel('start', state)).toMatchObject({
      status: 409,
      body: { error: 'The operation has ended already', code: 'OPERATION_NOT_CANCELLABLE' },
    });
  });

  test('answers a stranger as if there were no agent, and cancels nothing', async () => {
    const stranger = await backend.account();
    const { status, agent } = await cancel('start', 'queued', { state: 'running' }, stranger);
    expect([status, agent]).toEqual([404, 'updating']);
  });
});
