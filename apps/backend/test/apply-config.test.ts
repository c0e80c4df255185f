import { canary } from '@agentbot/test-doubles/canaries';
import { type Failure, makeStandIn } from '@agentbot/test-doubles/stand-in';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { startBackendWithDocker, type TestBackend } from './backend.ts';
import { containersOn } from './containers.ts';

/** `POST /api/agents/:id/config/apply`, with gateways that take a configuration, and with some that do not. */

const FROM = 'agentbot/openclaw:2026.3.13';
const NEWER = '2026.9.6';
const imageOf = (name: string) => `agentbot/openclaw-test:apply-${name}`;
const { container, shell } = containersOn();
let backend: TestBackend;
let owner: string;
const removals: (() => Promise<void>)[] = [];

beforeAll(async () => {
  const make = async (name: string, failure?: Failure, version?: string) =>
    removals.push(await makeStandIn(FROM, imageOf(name), failure, version));
  await make('newer', undefined, NEWER);
  await make('older', undefined, '2026.3.13');
  for (const failure of ['refuses-apply', 'ignores-apply', 'restarts-to-apply', 'cannot-apply'] as const)
    await make(failure, failure, NEWER);
  backend = await startBackendWithDocker('apply', {
    OPENCLAW_IMAGE: imageOf('newer'),
    ALLOWED_IMAGES: 'agentbot/openclaw-test',
    READY_TIMEOUT_SECONDS: '120',
    API_RATE_LIMIT: '1000',
  });
  owner = await backend.account();
});
afterAll(async () => {
  await backend?.stop();
  for (const remove of removals) await remove();
});

const operate = (id: string, action: string, body?: unknown) => backend.machine(owner, 'POST', `/api/agents/${id}/${action}`, body);
const change = (id: string, config: object) => backend.as(owner, 'PUT', `/api/agents/${id}/config`, config);
const apply = async (id: string) => {
  const { status, body } = await operate(id, 'config/apply');
  return [status, body.applied ?? body.error];
};
const overview = async (id: string) => (await backend.as(owner, 'GET', `/api/agents/${id}/overview`)).body.agent;
const applyStep = async (id: string) => {
  const [operation] = (await backend.as(owner, 'GET', `/api/agents/${id}/operations`)).body.operations;
  return operation.steps.find(({ name }: { name: string }) => name === 'apply');
};
const modelOf = async (id: string) => {
  const file = JSON.parse(await shell(id, 'cat /home/node/.openclaw/openclaw.json'));
  return file.agents.defaults.model.primary;
};

async function provision(image = imageOf('newer'), more: object = {}): Promise<string> {
  const config = { baseUrl: 'http://127.0.0.1:9/v1', model: 'echo-1', ...more };
  const { body } = await backend.as(owner, 'POST', '/api/agents/provision', { name: 'Apply', model: 'custom', config });
  await backend.settled(body.agent.id);
  if (image !== imageOf('newer')) {
    // An update replaces data and image; only its end is of interest here.
    expect((await operate(body.agent.id, 'update', { image })).status).toBe(200);
  }
  return body.agent.id;
}

describe('a running gateway that takes its configuration', () => {
  test('gets a new model in the same container, which the model gateway then allows', async () => {
    const id = await provision();
    const { Id, State } = await container(id).inspect();
    expect(await apply(id)).toEqual([200, 'none']);
    await change(id, { model: 'echo-2' });
    expect(await overview(id)).toMatchObject({ current: false });
    expect(await apply(id)).toEqual([200, 'live']);
    expect(await modelOf(id)).toBe('custom/echo-2');
    expect(await overview(id)).toMatchObject({ current: true, status: 'running' });
    const after = await container(id).inspect();
    expect([after.Id, after.State.StartedAt]).toEqual([Id, State.StartedAt]);
    const agent = await backend.context.database.as('service', (tx) => tx.agent.findUniqueOrThrow({ where: { id } }));
    expect(agent.containerSpec).toMatchObject({ models: [{ model: 'echo-2' }] });
    await operate(id, 'delete');
  });

  test('gets a new container for a token, whose variable only a new one has', async () => {
    const id = await provision();
    const { Id } = await container(id).inspect();
    await change(id, { telegramToken: canary('123456789:') });
    expect(await apply(id)).toEqual([200, 'container']);
    expect((await container(id).inspect()).Id).not.toBe(Id);
    expect(await overview(id)).toMatchObject({ current: true, status: 'running' });
    await operate(id, 'delete');
  });

  test('gets a new container for another plan', async () => {
    const id = await provision();
    await change(id, { plan: 'solo' });
    expect(await apply(id)).toEqual([200, 'container']);
    expect((await container(id).inspect()).HostConfig.Memory).toBe(2 * 1024 ** 3);
    await operate(id, 'delete');
  });

  test('is left alone while it is stopped, and starts with the new configuration', async () => {
    const id = await provision();
    await operate(id, 'stop');
    await change(id, { model: 'echo-3' });
    expect(await apply(id)).toEqual([200, 'none']);
    expect(await overview(id)).toMatchObject({ status: 'stopped' });
    expect((await operate(id, 'start')).status).toBe(200);
    expect(await modelOf(id)).toBe('custom/echo-3');
    await operate(id, 'delete');
  });
});

describe('a configuration that the gateway does not take', () => {
  test('and refuses fails the operation with its reason; the agent keeps running with the former one', async () => {
    const id = await provision(imageOf('refuses-apply'));
    await change(id, { model: 'echo-2' });
    const { body: token } = await backend.machine(owner, 'GET', `/api/agents/${id}/token`);
    const [status, error] = await apply(id);
    expect([status, error]).toEqual([500, `OpenClaw ${NEWER} refuses the agent's configuration: invalid config: [redacted] is no model`]);
    expect(error).not.toContain(token.token);
    expect(await overview(id)).toMatchObject({ current: false, status: 'running' });
    expect(await modelOf(id)).toBe('custom/echo-1');
    const agent = await backend.context.database.as('service', (tx) => tx.agent.findUniqueOrThrow({ where: { id } }));
    expect(agent.containerSpec).toMatchObject({ models: [{ model: 'echo-1' }] });
    await operate(id, 'delete');
  });

  test('although it says so fails the operation, and the sentence names the settings', async () => {
    const id = await provision(imageOf('ignores-apply'));
    await change(id, { model: 'echo-2' });
    const [status, error] = await apply(id);
    expect([status, error]).toEqual([500, expect.stringContaining('Different: models.providers.custom.models.0.id')]);
    expect(error).toContain('agents.defaults.model.primary');
    expect(await overview(id)).toMatchObject({ current: false, status: 'running' });
    await operate(id, 'delete');
  });

  test.each([
    ['needs a restart for it', 'restarts-to-apply', 'The gateway needs a restart for this change'],
    ['does not offer the method', 'cannot-apply', `OpenClaw ${NEWER} does not offer config.patch`],
    ['reads it at its start only', 'older', 'OpenClaw 2026.3.13 gets its configuration at its start only'],
  ])('because it %s gets a new container', async (_case, name, reason) => {
    const older = name === 'older';
    const id = await provision(imageOf(older ? 'newer' : name));
    if (older) await backend.context.database.as('service', (tx) => tx.agent.update({ where: { id }, data: { image: imageOf('older') } }));
    if (older) expect((await operate(id, 'repair')).status).toBe(200);
    const { Id } = await container(id).inspect();
    await change(id, { model: 'echo-2' });
    expect(await apply(id)).toEqual([200, 'container']);
    expect(await applyStep(id)).toMatchObject({ state: 'done', detail: reason });
    expect((await container(id).inspect()).Id).not.toBe(Id);
    expect(await modelOf(id)).toBe('custom/echo-2');
    await operate(id, 'delete');
  });
});

test('a skill that the gateway does not keep fails the switch, and the sentence names it', async () => {
  const id = await provision();
  // The stand-in answers the switch and does not change its configuration.
  const { status, body } = await backend.as(owner, 'POST', '/api/agent', {
    action: 'update-skill',
    skillId: 'weather',
    enabled: false,
    agentId: id,
  });
  expect([status, body.error]).toEqual([500, expect.stringContaining('Different: skills.entries.weather')]);
  await operate(id, 'delete');
});
