import { stat } from 'node:fs/promises';
import { canary } from '@agentbot/test-doubles/canaries';
import { startModelProvider } from '@agentbot/test-doubles/model-provider';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import Docker from 'dockerode';
import { startBackend, startBackendWithDocker, type TestBackend } from './backend.ts';

/** Update, repair and memory reset of a real gateway in a real container. */

const IMAGE = 'agentbot/openclaw:2026.3.13';
const docker = new Docker();
let backend: TestBackend;
let model: Awaited<ReturnType<typeof startModelProvider>>;
let owner: string;
let id: string;

const say = async (message: string) => (await backend.as(owner, 'POST', '/api/chat', { message, agentId: id })).body.reply;
const container = () => docker.getContainer(`openclaw-${id}`).inspect();
const operate = (action: string, body?: unknown) => backend.machine(owner, 'POST', `/api/agents/${id}/${action}`, body);

/** Makes an image that differs from the agents' image only in its metadata. */
async function derive(tag: string, changes: string[]): Promise<void> {
  const blank = await docker.createContainer({ Image: IMAGE });
  await blank.commit({ repo: 'agentbot/openclaw-test', tag, changes });
  await blank.remove({ v: true });
}

beforeAll(async () => {
  model = await startModelProvider({ apiKey: canary('model-key-') });
  backend = await startBackendWithDocker('lifecycle', {
    ALLOWED_IMAGES: 'agentbot/openclaw-test,localhost:1/nowhere',
    GROQ_BASE_URL: `http://host.docker.internal:${model.port}/v1`,
  });
  owner = await backend.account();
  await docker.getImage(IMAGE).tag({ repo: 'agentbot/openclaw-test', tag: 'same' });
  await derive('broken', ['ENTRYPOINT ["/bin/sh", "-c", "exit 3"]']);
  // The label names a version that the image does not contain.
  await derive('mislabelled', ['LABEL org.opencontainers.image.version=2026.9.6']);
  const { body } = await backend.as(owner, 'POST', '/api/agents/provision', {
    name: 'Cared for',
    model: 'custom',
    config: {
      baseUrl: `http://host.docker.internal:${model.port}/v1`,
      model: 'echo-1',
      apiKey: canary('model-key-'),
      telegramToken: canary('123:'),
    },
  });
  id = body.agent.id;
  await backend.settled(id);
}, 420_000);
afterAll(async () => {
  if (id) await backend.as(owner, 'DELETE', `/api/agents/${id}`);
  await backend?.stop();
  await model?.close();
  for (const tag of ['same', 'broken', 'mislabelled']) await docker.getImage(`agentbot/openclaw-test:${tag}`).remove({ force: true });
});

test('GET /api/agents/:id/token returns the gateway token that the container runs with', async () => {
  expect(await say('Are you there?')).toBe('You said: Are you there?');
  const { body } = await backend.machine(owner, 'GET', `/api/agents/${id}/token`);
  expect(body.token).toMatch(/^[0-9a-f]{64}$/);
  expect((await container()).Config.Env).toContain(`OPENCLAW_GATEWAY_TOKEN=${body.token}`);
});

test('POST /api/agents/:id/token restarts the agent with a new token, and the former one is refused', async () => {
  const tokens = async (method: string) => (await backend.machine(owner, method, `/api/agents/${id}/token`)).body.token;
  const former = await tokens('GET');
  const replaced = await tokens('POST');
  expect(replaced).toMatch(/^[0-9a-f]{64}$/);
  expect(replaced).not.toBe(former);
  expect(await tokens('GET')).toBe(replaced);
  expect((await container()).Config.Env).toContain(`OPENCLAW_GATEWAY_TOKEN=${replaced}`);
  const complete = async (token: string) => {
    const { status } = await fetch(`http://127.0.0.1:${backend.gatewayPort}/agent/${id}/v1/chat/completions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify({ model: 'openclaw', messages: [{ role: 'user', content: 'From outside' }] }),
    });
    return status;
  };
  expect([await complete(former), await complete(replaced)]).toEqual([401, 200]);
  expect(await say('Are you back?')).toBe('You said: Are you back?');
});

test('an update backs the agent up, readable by the backend only, and moves the agent to the given image', async () => {
  const { status, body } = await operate('update', { image: 'agentbot/openclaw-test:same' });
  expect(status).toBe(200);
  expect(body).toMatchObject({
    success: true,
    status: 'active',
    image: 'agentbot/openclaw-test:same',
    previousImage: IMAGE,
    openclawVersion: '2026.3.13',
  });
  const archive = await stat(body.backupPath);
  expect([archive.size > 1000, archive.mode & 0o777]).toEqual([true, 0o600]);
  expect((await container()).Config.Image).toBe('agentbot/openclaw-test:same');
  expect(await say('Still there?')).toBe('You said: Still there?');
});

test('an update to an image that does not start answers 500 and rolls back to the old image and data', async () => {
  const odd = `workspace/${'long name '.repeat(14)}`;
  await shell(`mkdir -p "${odd}" && : > "${odd}/empty" && echo ö > "${odd}/ü" && ln -s empty "${odd}/link"`);
  const files = () => shell(`find "${odd}" -exec ls -ld --time-style=full-iso {} + 2>/dev/null || find "${odd}" | sort`);
  const [before, stored] = [await container(), await files()];
  const { status, body } = await operate('update', { image: 'agentbot/openclaw-test:broken' });
  expect([status, body.code]).toEqual([500, 'OPERATION_FAILED']);
  expect(body.error).toMatch(/^Update failed, the agent is back on agentbot\/openclaw-test:same/);
  const after = await container();
  expect([after.Config.Image, after.HostConfig.PortBindings, after.HostConfig.Memory]).toEqual([
    before.Config.Image,
    before.HostConfig.PortBindings,
    before.HostConfig.Memory,
  ]);
  expect((await backend.machine(owner, 'GET', `/api/agents/${id}`)).body.status).toBe('active');
  expect(await say('And now?')).toBe('You said: And now?');
  expect(await files()).toBe(stored);
  expect(await shell(`cat "${odd}/ü"`)).toContain('ö');
  const transcript = await shell('cat agents/main/sessions/*.jsonl');
  expect(transcript).toContain('Still there?');
});

test('an update to an image that cannot be pulled answers 500 and leaves the agent running', async () => {
  const { status, body } = await operate('update', { image: 'localhost:1/nowhere:1' });
  expect([status, body.error]).toEqual([500, expect.stringContaining('localhost:1/nowhere:1')]);
  expect(await say('Unmoved?')).toBe('You said: Unmoved?');
});

test('an update to an image that refuses the configuration answers 500 and does not touch the container', async () => {
  const before = await container();
  const { status, body } = await operate('update', { image: 'agentbot/openclaw-test:mislabelled' });
  expect([status, body.code]).toEqual([500, 'OPERATION_FAILED']);
  expect(body.error).toMatch(/^OpenClaw 2026\.9\.6 refuses the agent's configuration: channels\.telegram\.streaming: /);
  const after = await container();
  expect([after.Id, after.State.StartedAt]).toEqual([before.Id, before.State.StartedAt]);
  expect((await backend.machine(owner, 'GET', `/api/agents/${id}`)).body.status).toBe('active');
  expect(await say('As before?')).toBe('You said: As before?');
});

test("a repair applies the plan's current limits to the container and keeps its data", async () => {
  await backend.machine(owner, 'PUT', `/api/agents/${id}`, { plan: 'solo' });
  expect((await container()).HostConfig.NanoCpus).not.toBe(1e9);
  expect((await operate('repair')).body).toEqual({ success: true, message: 'Agent repaired successfully' });
  expect((await container()).HostConfig).toMatchObject({ NanoCpus: 1e9, Memory: 2 * 1024 ** 3 });
  expect(JSON.parse(await shell('cat openclaw.json')).tools.profile).toBe('messaging');
  expect(await shell('cat agents/main/sessions/*.jsonl')).toContain('Still there?');
});

test('reset-memory deletes the gateway’s sessions and keeps the configuration and the stored messages', async () => {
  const config = await shell('cat openclaw.json');
  expect((await operate('reset-memory')).body).toEqual({ success: true, message: 'Memory reset successfully' });
  expect(await shell('cat openclaw.json')).toBe(config);
  expect(await shell('cat agents/main/sessions/*.jsonl 2>/dev/null || true')).not.toContain('Still there?');
  expect(await say('Who am I?')).toBe('You said: Who am I?');
  const { messages } = (await backend.as(owner, 'GET', `/api/agents/${id}/messages?limit=50`)).body;
  expect(messages.filter(({ platform }: { platform: string }) => platform === 'web')).toHaveLength(14);
});

test('an update of a stopped agent leaves the agent stopped', async () => {
  await operate('stop');
  expect((await operate('update')).body).toMatchObject({ status: 'stopped', image: IMAGE });
  expect((await container()).State.Running).toBe(false);
  expect((await operate('start')).body).toEqual({ success: true, status: 'active' });
});

test('a restart replaces a model that its provider has retired', async () => {
  await operate('stop');
  const legacy = {
    name: 'Old-fashioned',
    config: { aiProvider: 'groq', apiKey: canary('model-key-'), model: 'mixtral-8x7b-32768', plan: 'network' },
  };
  const { body } = await backend.machine(undefined, 'POST', '/api/agents', legacy);
  expect((await backend.machine(undefined, 'POST', `/api/agents/${body.id}/start`)).status).toBe(200);
  const restart = () => backend.machine(undefined, 'POST', `/api/agents/${body.id}/restart`);
  expect((await restart()).body).toEqual({
    success: true,
    status: 'active',
    healedLegacyModel: true,
    healMessage: 'The model mixtral-8x7b-32768 is no longer available: the agent now uses llama-3.3-70b-versatile',
    openclawVersion: '2026.3.13',
  });
  expect((await backend.machine(undefined, 'GET', `/api/agents/${body.id}/config`)).body.config.model).toBe('llama-3.3-70b-versatile');
  const chat = { message: 'Which one are you?', agentId: body.id };
  expect((await backend.machine(undefined, 'POST', '/api/chat', chat)).body.reply).toBe('You said: Which one are you?');
  expect(model.requests.at(-1)).toMatchObject({ words: 'Which one are you?', model: 'llama-3.3-70b-versatile' });
  expect((await restart()).body).toMatchObject({ healedLegacyModel: false, healMessage: '' });
  await backend.machine(undefined, 'DELETE', `/api/agents/${body.id}`);
});

test('every lifecycle operation answers 500 DOCKER_UNAVAILABLE without Docker', async () => {
  const without = await startBackend();
  const user = await without.account();
  const { body } = await without.as(user, 'POST', '/api/agents/provision', { name: 'x' });
  for (const action of ['start', 'stop', 'restart', 'update', 'repair', 'reset-memory']) {
    expect(await without.machine(user, 'POST', `/api/agents/${body.agent.id}/${action}`)).toMatchObject({
      status: 500,
      body: { error: 'Docker is not available on the server: container operations require Docker', code: 'DOCKER_UNAVAILABLE' },
    });
  }
  await without.stop();
});

async function shell(command: string): Promise<string> {
  const exec = await docker
    .getContainer(`openclaw-${id}`)
    .exec({ Cmd: ['sh', '-c', command], AttachStdout: true, WorkingDir: '/home/node/.openclaw' });
  const stream = await exec.start({});
  const chunks: Buffer[] = [];
  const sink = { write: (chunk: Buffer) => chunks.push(chunk) };
  docker.modem.demuxStream(stream, sink as never, sink as never);
  await new Promise((resolve) => stream.on('end', resolve));
  return Buffer.concat(chunks).toString();
}
