import { readdir } from 'node:fs/promises';
import { sweep } from '@agentbot/config/sweep';
import { canary } from '@agentbot/test-doubles/canaries';
import { makeStandIn } from '@agentbot/test-doubles/stand-in';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { randomName } from '../src/shared/ids.ts';
import { type ChildBackend, type StepState, startChildBackend } from './child-backend.ts';
import { containersOn, NONE, ONE_OF_EACH } from './containers.ts';

/**
 * `kill -9` of the backend at the recorded steps of an operation, then a restart: the operation completes, the agent keeps its
 * data, and no orphan is left. A stand-in replaces the gateway. All other parts are real.
 */

const IMAGE = 'agentbot/openclaw-test:stand-in';
const NEXT = 'agentbot/openclaw-test:stand-in-next';
/** Deletes the agent's data and exits. */
const BROKEN = 'agentbot/openclaw-test:stand-in-broken';
const { checksums, container, countResources, writeNote, readNote } = containersOn();
const LANES = 4;
const remove: (() => Promise<void>)[] = [];
const backends: ChildBackend[] = [];

beforeAll(async () => {
  for (const name of [IMAGE, NEXT]) remove.push(await makeStandIn('agentbot/openclaw:2026.3.13', name));
  remove.push(await makeStandIn('agentbot/openclaw:2026.3.13', BROKEN, 'corrupts'));
  const starting = Array.from({ length: LANES }, () => startChildBackend({ OPENCLAW_IMAGE: IMAGE }));
  backends.push(...(await Promise.all(starting)));
}, 360_000);
afterAll(async () => {
  await Promise.all(backends.map((backend) => backend.stop()));
  for (const each of remove) await each();
});

interface Run {
  backend: ChildBackend;
  id: string;
  moment: StepState;
}

async function deploy({ backend, id }: Run): Promise<void> {
  await backend.call('POST', '/api/deployments', { agentId: id, config: { telegramToken: canary('1:'), plan: 'network' } });
  // On a busy machine the answer may come before the operation has finished.
  await backend.settled();
}
const status = async ({ backend, id }: Run) => (await backend.call('GET', `/api/agents/${id}`)).body.status;
const chat = async ({ backend, id }: Run, message: string) =>
  (await backend.call('POST', '/api/chat', { agentId: id, message })).body.reply;

/** Kills the backend at the run's moment of an operation, restarts it and waits until no operation is open. */
async function crash({ backend, id, moment }: Run, kind: string, ask: () => Promise<unknown>): Promise<void> {
  const asked = ask().catch(() => undefined);
  await backend.untilStep(id, kind, moment);
  await backend.kill();
  await backend.expireHeartbeats();
  await asked;
  await backend.start();
  await backend.settled();
}

/**
 * Runs `work` at the moments of the steps, or at `count` of them in turn, on several backends in parallel, each time with a new
 * agent. @returns the failures
 */
async function atEachMoment(steps: string[], count: number, work: (run: Run) => Promise<void>): Promise<string[]> {
  const all = steps.flatMap((step) => [
    { step, at: 'running' as const },
    { step, at: 'done' as const },
  ]);
  const moments = [...sweep(all, count, ({ step, at }) => `${step} ${at}`)];
  const problems: string[] = [];
  async function lane(backend: ChildBackend) {
    for (let moment = moments.shift(); moment; moment = moments.shift()) {
      const id = `crash-${randomName(8)}`;
      const run = { backend, id, moment };
      try {
        await work(run);
        await backend.call('DELETE', `/api/agents/${id}`);
        expect(await countResources(run.id)).toEqual(NONE);
      } catch (error) {
        problems.push(`${moment.step} ${moment.at}: ${(error as Error).message}`);
      }
    }
  }
  await Promise.all(backends.map(lane));
  return problems;
}

test('provision completes after the backend is killed at any step', async () => {
  const problems = await atEachMoment(['image', 'validate', 'create', 'start', 'ready'], 4, async (run) => {
    await crash(run, 'provision', () => deploy(run));
    expect(await status(run)).toBe('active');
    expect(await countResources(run.id)).toEqual(ONE_OF_EACH);
    expect(await chat(run, 'Hello')).toBe('You said: Hello');
  });
  expect(problems).toEqual([]);
}, 900_000);

test('update completes and keeps the data after the backend is killed at any step', async () => {
  const problems = await atEachMoment(['image', 'validate', 'stop', 'backup', 'create', 'start', 'ready'], 4, async (run) => {
    await deploy(run);
    expect(await chat(run, 'Remember me')).toBe('You said: Remember me');
    await writeNote(run.id, 'kept');
    const before = await checksums(run.id);
    await crash(run, 'update', () => run.backend.call('POST', `/api/agents/${run.id}/update`, { image: NEXT }));
    expect(await status(run)).toBe('active');
    expect((await container(run.id).inspect()).Config.Image).toBe(NEXT);
    expect(await checksums(run.id)).toBe(before);
    expect(await countResources(run.id)).toEqual(ONE_OF_EACH);
    expect((await readdir(run.backend.backups)).filter((file) => !/^crash-\w+_[\dTZ-]+\.tar\.gz$/.test(file))).toEqual([]);
    expect(await chat(run, 'Hello')).toBe('You said: Hello');
  });
  expect(problems).toEqual([]);
}, 900_000);

test('update rolls back after the backend is killed during its rollback', async () => {
  const problems = await atEachMoment(['rollback'], 2, async (run) => {
    const { backend, id } = run;
    await deploy(run);
    expect(await chat(run, 'Remember me')).toBe('You said: Remember me');
    await writeNote(id, 'kept');
    const before = await checksums(id);
    await crash(run, 'update', () => backend.call('POST', `/api/agents/${id}/update`, { image: BROKEN }));
    const [{ state, error }] = (await backend.call('GET', `/api/agents/${id}/operations`)).body.operations;
    expect([state, error]).toEqual(['failed', expect.stringContaining(`the agent is back on ${IMAGE}`)]);
    expect([await status(run), await checksums(id), await countResources(id)]).toEqual(['active', before, ONE_OF_EACH]);
    expect((await container(id).inspect()).Config.Image).toBe(IMAGE);
    expect(await chat(run, 'Hello')).toBe('You said: Hello');
  });
  expect(problems).toEqual([]);
}, 600_000);

test('backup and restore complete after the backend is killed at any step', async () => {
  const problems = await atEachMoment(['check', 'stop', 'backup', 'clear', 'create', 'ready'], 4, async (run) => {
    const { backend, id, moment } = run;
    await deploy(run);
    await writeNote(id, 'kept');
    const backups = async () => (await backend.call('GET', `/api/agents/${id}/backups`)).body.backups as { id: string; cause: string }[];
    const make = () => backend.call('POST', `/api/agents/${id}/backups`);
    if (moment.step === 'backup') await crash(run, 'backup', make);
    else expect((await make()).body).toMatchObject({ status: 'ok' });
    const made = (await backups()).filter(({ cause }) => cause === 'manual');
    expect(made).toHaveLength(1);
    await writeNote(id, 'later');
    await crash(run, 'restore', () => backend.call('POST', `/api/agents/${id}/backups/${made[0]?.id}/restore`));
    expect([await status(run), await readNote(id), await countResources(id)]).toEqual(['active', 'kept', ONE_OF_EACH]);
    expect((await backups()).map(({ cause }) => cause)).toEqual(['restore', 'manual']);
    expect((await readdir(backend.backups)).filter((file) => file.endsWith('.partial'))).toEqual([]);
    expect(await chat(run, 'Hello')).toBe('You said: Hello');
  });
  expect(problems).toEqual([]);
}, 900_000);

test('delete completes after the backend is killed at any moment', async () => {
  const problems = await atEachMoment(['remove'], 2, async (run) => {
    await deploy(run);
    await crash(run, 'delete', () => run.backend.call('DELETE', `/api/agents/${run.id}`));
    expect((await run.backend.call('GET', `/api/agents/${run.id}`)).status).toBe(404);
    expect(await countResources(run.id)).toEqual(NONE);
  });
  expect(problems).toEqual([]);
}, 600_000);
