import { canary } from '@agentbot/test-doubles/canaries';
import { type Failure, makeStandIn } from '@agentbot/test-doubles/stand-in';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { startBackendWithDocker, type TestBackend } from './backend.ts';
import { containersOn } from './containers.ts';

/** From a started container to a ready agent: the repair of data, the configuration that is read back, and the way back to an older version. */

const FROM = 'agentbot/openclaw:2026.3.13';
const imageOf = (name: string) => `agentbot/openclaw-test:${name}`;
const TOKEN = canary('123456789:');
const { container, shell, readNote, writeNote } = containersOn();
let backend: TestBackend;
let owner: string;
const removals: (() => Promise<void>)[] = [];

beforeAll(async () => {
  const make = async (name: string, failure?: Failure, version?: string) =>
    removals.push(await makeStandIn(FROM, imageOf(name), failure, version));
  await make('ready');
  await make('ready-newer', undefined, '2026.9.6');
  for (const failure of ['needs-doctor', 'asks-for-doctor', 'never-repaired'] as const) await make(failure, failure);
  // Only versions that may restore an own configuration are asked for it.
  await make('other-model', 'other-model', '2026.9.6');
  backend = await startBackendWithDocker('ready', {
    OPENCLAW_IMAGE: imageOf('ready'),
    ALLOWED_IMAGES: 'agentbot/openclaw-test',
    READY_TIMEOUT_SECONDS: '120',
  });
  owner = await backend.account();
});
afterAll(async () => {
  await backend?.stop();
  for (const remove of removals) await remove();
});

const operate = (id: string, action: string, body?: unknown) => backend.machine(owner, 'POST', `/api/agents/${id}/${action}`, body);
const agent = async (id: string) => (await backend.as(owner, 'GET', `/api/agents/${id}/overview`)).body.agent;
const lastOperation = async (id: string) => (await backend.as(owner, 'GET', `/api/agents/${id}/operations`)).body.operations[0];
const stepsOf = async (id: string) =>
  (await lastOperation(id)).steps.map(({ name, state }: { name: string; state: string }) => `${name} ${state}`);
const dataOf = (id: string, file: string) => shell(id, `cat /home/node/.openclaw/${file}`);

async function provision(): Promise<string> {
  const config = { baseUrl: 'http://127.0.0.1:9/v1', model: 'echo-1', telegramToken: TOKEN };
  const { body } = await backend.as(owner, 'POST', '/api/agents/provision', { name: 'Ready', model: 'custom', config });
  await backend.settled(body.agent.id);
  return body.agent.id;
}

describe('a gateway that asks for doctor', () => {
  test.each([
    ['exits with 78', 'needs-doctor'],
    ['exits with 1 and names doctor in its log', 'asks-for-doctor'],
  ])('and %s becomes ready after one run of doctor, which gets no secret and leaves the configuration as it was', async (_case, image) => {
    const id = await provision();
    const before = await dataOf(id, 'openclaw.json');
    const { status, body } = await operate(id, 'update', { image: imageOf(image) });
    expect([status, body.error]).toEqual([200, undefined]);
    expect(await dataOf(id, 'doctor.log')).toBe('--fix --non-interactive with the token set\r\n');
    expect(await dataOf(id, 'openclaw.json')).toBe(before);
    expect(await stepsOf(id)).toEqual(expect.arrayContaining(['doctor done', 'ready done']));
    await operate(id, 'delete');
  });

  test('that doctor cannot repair is updated back, with the exit code as the reason', async () => {
    const id = await provision();
    await writeNote(id, 'kept');
    const { status, body } = await operate(id, 'update', { image: imageOf('never-repaired') });
    expect(status).toBe(500);
    expect(body.error).toMatch(
      /^Update failed, the agent is back on .*:ready: .*ended with exit code 78: gateway requires state migration/,
    );
    expect(await readNote(id)).toBe('kept');
    await expect(dataOf(id, 'doctor.log')).resolves.toContain('No such file');
    await operate(id, 'delete');
  });
});

describe('the configuration is read back', () => {
  test('a gateway that reports another model than the agent’s fails the update, and the sentence names the setting', async () => {
    const id = await provision();
    const { status, body } = await operate(id, 'update', { image: imageOf('other-model') });
    expect([status, body.error]).toEqual([500, expect.stringContaining('Different: agents.defaults.model.primary')]);
    expect(await agent(id)).toMatchObject({ status: 'running', image: imageOf('ready') });
    await operate(id, 'delete');
  });

  test('a start puts a configuration back that was changed in the container', async () => {
    const id = await provision();
    expect((await operate(id, 'update', { image: imageOf('ready-newer') })).status).toBe(200);
    const before = await dataOf(id, 'openclaw.json');
    await shell(id, "sed -i 's/echo-1/echo-9/' /home/node/.openclaw/openclaw.json");
    expect(await dataOf(id, 'openclaw.json')).not.toBe(before);
    const { Id: old } = await container(id).inspect();
    expect((await operate(id, 'restart')).status).toBe(200);
    expect(await dataOf(id, 'openclaw.json')).toBe(before);
    expect((await container(id).inspect()).Id).not.toBe(old);
    await operate(id, 'delete');
  });
});

test('an update removes the list of models of the older gateway, whose marker of a key 2026.8.2 sends as the key', async () => {
  const id = await provision();
  // As OpenClaw 2026.3.13 and 2026.5.28 write it.
  const list = '{"providers":{"custom":{"baseUrl":"http://models","apiKey":"AGENT_MODEL_API_KEY","models":[]}}}';
  const folder = '/home/node/.openclaw/agents/main/agent';
  await shell(id, `mkdir -p ${folder} && echo '${list}' > ${folder}/models.json`);
  expect((await operate(id, 'update', { image: imageOf('ready-newer') })).status).toBe(200);
  expect(await dataOf(id, 'agents/main/agent/models.json')).toBe('{"providers":{}}');
  // The gateway must be able to write its own list.
  expect(await shell(id, `stat -c '%U %a' /home/node/.openclaw/agents ${folder} ${folder}/models.json`)).toBe(
    'node 700\r\nnode 700\r\nnode 600\r\n',
  );
  await operate(id, 'delete');
});

describe('back to a version that cannot read the conversations', () => {
  test('the update is refused and names the newest backup from before, which is restored together with its image', async () => {
    const id = await provision();
    await writeNote(id, 'before');
    expect((await operate(id, 'update', { image: imageOf('ready-newer') })).status).toBe(200);
    await writeNote(id, 'after');
    const [backup] = (await backend.as(owner, 'GET', `/api/agents/${id}/backups`)).body.backups;
    expect(backup).toMatchObject({ cause: 'update', image: imageOf('ready'), openclawVersion: '2026.3.13' });

    const refused = await operate(id, 'update', { image: imageOf('ready') });
    expect([refused.status, refused.body.error]).toEqual([500, expect.stringContaining(`(${backup.id}) together with its image`)]);
    expect(await readNote(id)).toBe('after');

    const restored = await operate(id, `backups/${backup.id}/restore`, { withImage: true });
    expect([restored.status, restored.body.error]).toEqual([200, undefined]);
    expect(await readNote(id)).toBe('before');
    expect(await agent(id)).toMatchObject({ image: imageOf('ready'), openclawVersion: '2026.3.13' });
    expect((await container(id).inspect()).Config.Image).toBe(imageOf('ready'));

    const newer = (await backend.as(owner, 'GET', `/api/agents/${id}/backups`)).body.backups[0];
    expect(newer).toMatchObject({ cause: 'restore', openclawVersion: '2026.9.6' });
    const unreadable = await operate(id, `backups/${newer.id}/restore`);
    expect([unreadable.status, unreadable.body.error]).toEqual([
      500,
      expect.stringContaining('restore the backup together with its image'),
    ]);
    expect((await operate(id, `backups/${newer.id}/restore`, { withImage: 'yes' })).status).toBe(400);
    await operate(id, 'delete');
  });
});
