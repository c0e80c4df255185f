import { setTimeout as sleep } from 'node:timers/promises';
import { sweep } from '@agentbot/config/sweep';
import { canary } from '@agentbot/test-doubles/canaries';
import { startChain, type TestChain } from '@agentbot/test-doubles/chain';
import { pollUntil } from '@agentbot/test-doubles/poll-until';
import { makeStandIn } from '@agentbot/test-doubles/stand-in';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type ChildBackend, startChildBackend } from './child-backend.ts';
import { type Containers, containersOn, NONE, ONE_OF_EACH } from './containers.ts';
import { type OwnEngine, startOwnEngine } from './own-engine.ts';
import { chainSettings, linkPayer, paidRequest } from './paid-clone.ts';

/**
 * Kills the engine during an operation and starts it again: the operation completes, the agent keeps its data, and no orphan is
 * left. Requests that need no engine succeed meanwhile.
 */

const IMAGE = 'agentbot/openclaw-test:stand-in-away';
let removeImage: () => Promise<void>;
let engine: OwnEngine;
let backend: ChildBackend;
let containers: Containers;
let chain: TestChain;
let parent: string;

beforeAll(async () => {
  removeImage = await makeStandIn('agentbot/openclaw:2026.3.13', IMAGE);
  engine = await startOwnEngine(IMAGE);
  await engine.docker.getImage(IMAGE).tag({ repo: 'agentbot/openclaw-test', tag: 'next' });
  containers = containersOn(engine.docker);
  chain = await startChain();
  backend = await startChildBackend({
    OPENCLAW_IMAGE: IMAGE,
    DOCKER_HOST: engine.dockerHost,
    RECONCILE_SECONDS: '2',
    ...chainSettings(chain),
  });
  await linkPayer(backend);
  parent = (await backend.call('POST', '/api/agents', { name: 'Parent', config: { plan: 'network' } })).body.id;
}, 360_000);
afterAll(async () => {
  await backend?.stop();
  await engine?.stop();
  await chain?.stop();
  await removeImage?.();
});

const deploy = (id: string) =>
  backend.call('POST', '/api/deployments', { agentId: id, config: { telegramToken: canary('1:'), plan: 'network' } });
const status = async (id: string) => (await backend.call('GET', `/api/agents/${id}`)).body.status;
const chat = async (id: string, message: string) => (await backend.call('POST', '/api/chat', { agentId: id, message })).body.reply;

/** Waits until no operation is open and the agent's gateway answers: its container stopped with the engine. */
async function untilAnswering(id: string): Promise<void> {
  await backend.settled();
  for (let tries = 0; tries < 400; tries++) {
    if ((await chat(id, 'Hello')) === 'You said: Hello') return;
    await sleep(300);
    await backend.settled();
  }
  throw new Error(`The agent does not answer: ${JSON.stringify((await backend.call('GET', `/api/agents/${id}`)).body)}`);
}

/** Kills the engine at a step of an operation, starts it again and waits for the end. @returns the operation's error or state */
async function loseEngine(id: string, kind: string, step: string, ask: () => Promise<unknown>): Promise<string> {
  const asked = ask().catch(() => undefined);
  await backend.untilStep(id, kind, { step, at: 'running' });
  await engine.kill();
  expect((await backend.call('GET', '/api/agents')).status).toBe(200);
  await sleep(1_000);
  await engine.start();
  await asked;
  await backend.settled();
  const { rows } = await backend.database.query(
    'SELECT state, error FROM operations WHERE agent_id = $1 AND kind = $2 ORDER BY created_at DESC',
    [id, kind],
  );
  return rows[0]?.error ?? rows[0]?.state;
}

test('without the engine, restart answers DOCKER_UNAVAILABLE at once, and GET /api/agents and /health answer', async () => {
  await deploy('lonely');
  await engine.kill();
  await sleep(2_100);
  const from = Date.now();
  const answer = await backend.call('POST', '/api/agents/lonely/restart');
  expect([answer.status, answer.body.code]).toEqual([500, 'DOCKER_UNAVAILABLE']);
  expect((await backend.call('GET', '/api/agents')).body.map(({ id }: { id: string }) => id).sort()).toEqual([parent, 'lonely'].sort());
  expect((await backend.call('GET', '/health')).body.docker).toBe('unavailable');
  expect(Date.now() - from).toBeLessThan(20_000);
  await engine.start();
  await untilAnswering('lonely');
  expect(await status('lonely')).toBe('active');
});

test.each(sweep(['create', 'ready'], 1))('provision completes after the engine is killed at the step %s', async (step) => {
  const id = `born-${step}`;
  expect(await loseEngine(id, 'provision', step, () => deploy(id))).toBe('succeeded');
  await untilAnswering(id);
  expect(await containers.countResources(id)).toEqual(ONE_OF_EACH);
  await backend.call('DELETE', `/api/agents/${id}`);
});

test.each(sweep(['backup', 'create', 'ready'], 1))('update completes after the engine is killed at the step %s', async (step) => {
  const id = `moved-${step}`;
  await deploy(id);
  await chat(id, 'Remember me');
  await containers.writeNote(id, 'kept');
  const before = await containers.checksums(id);
  const image = 'agentbot/openclaw-test:next';
  expect(await loseEngine(id, 'update', step, () => backend.call('POST', `/api/agents/${id}/update`, { image }))).toBe('succeeded');
  for (let tries = 0; (await status(id)) !== 'active' && tries < 400; tries++) await sleep(300);
  expect(await containers.checksums(id)).toBe(before);
  await untilAnswering(id);
  expect((await containers.container(id).inspect()).Config.Image).toBe(image);
  expect(await containers.countResources(id)).toEqual(ONE_OF_EACH);
  await backend.call('DELETE', `/api/agents/${id}`);
});

test.each(['create'])('clone completes after the engine is killed at the step %s', async (step) => {
  const body = await paidRequest(chain, parent);
  const { agentId } = (await backend.call('POST', '/api/agents/clone', body)).body;
  expect(await loseEngine(agentId, 'clone', step, async () => undefined)).toBe('succeeded');
  await untilAnswering(agentId);
  expect(await containers.countResources(agentId)).toEqual(ONE_OF_EACH);
  expect((await backend.call('POST', '/api/agents/clone', body)).body.agentId).toBe(agentId);
  await backend.call('DELETE', `/api/agents/${agentId}`);
});

test.each(['clear'])('restore completes after the engine is killed at the step %s', async (step) => {
  const id = `restored-${step}`;
  await deploy(id);
  await containers.writeNote(id, 'kept');
  const { backup } = (await backend.call('POST', `/api/agents/${id}/backups`)).body;
  await containers.writeNote(id, 'later');
  const ask = () => backend.call('POST', `/api/agents/${id}/backups/${backup.id}/restore`);
  expect(await loseEngine(id, 'restore', step, ask)).toBe('succeeded');
  await untilAnswering(id);
  expect(await containers.readNote(id)).toBe('kept');
  await backend.call('DELETE', `/api/agents/${id}`);
});

test('an agent deleted without the engine leaves no data to the next agent of its name', async () => {
  await deploy('reborn');
  await containers.writeNote('reborn', 'of-the-first');
  await engine.kill();
  await sleep(2_100);
  await backend.call('DELETE', '/api/agents/reborn');
  expect((await backend.call('GET', '/api/agents/reborn')).status).toBe(404);
  await engine.start();
  await pollUntil('the engine is back', async () => (await backend.call('GET', '/health')).body.docker !== 'unavailable');
  // Before the garbage collector runs.
  expect((await deploy('reborn')).status).toBe(201);
  await untilAnswering('reborn');
  expect(await containers.readNote('reborn')).not.toContain('of-the-first');
  expect(await containers.countResources('reborn')).toEqual(ONE_OF_EACH);
  await backend.call('DELETE', '/api/agents/reborn');
});

test('delete completes after the engine is killed', async () => {
  await deploy('gone');
  await loseEngine('gone', 'delete', 'remove', () => backend.call('DELETE', '/api/agents/gone'));
  expect((await backend.call('GET', '/api/agents/gone')).status).toBe(404);
  for (let tries = 0; (await containers.countResources('gone')).volumes && tries < 400; tries++) await sleep(300);
  expect(await containers.countResources('gone')).toEqual(NONE);
});
