import { canary } from '@agentbot/test-doubles/canaries';
import { startModelProvider } from '@agentbot/test-doubles/model-provider';
import { makeStandIn } from '@agentbot/test-doubles/stand-in';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import Docker from 'dockerode';
import { startBackendWithDocker, type TestBackend } from './backend.ts';
import { makeColdImage, WARM_IMAGE } from './cold-image.ts';

/** An image without compiled plugins, like the official one: the host compiles them once, then agents start warm. */

const COLD = 'agentbot/openclaw-test:cold';
const UNWARMABLE = 'agentbot/openclaw-test:stubborn';
const docker = new Docker();
let backend: TestBackend;
let model: Awaited<ReturnType<typeof startModelProvider>>;
let owner: string;
let removeCold: () => Promise<void>;
/** The ids of the provisioned agents. */
const ids: string[] = [];

async function shell(id: string, command: string): Promise<string> {
  const exec = await docker.getContainer(`openclaw-${id}`).exec({ Cmd: ['sh', '-c', command], AttachStdout: true, AttachStderr: true });
  const stream = await exec.start({});
  const chunks: Buffer[] = [];
  const sink = { write: (chunk: Buffer) => chunks.push(chunk) };
  docker.modem.demuxStream(stream, sink as never, sink as never);
  await new Promise((resolve) => stream.on('end', resolve));
  return Buffer.concat(chunks).toString().trim();
}

/** Provisions an agent on the backend's image. @returns its id and the steps of the operation */
async function provision(name: string) {
  const { body } = await backend.as(owner, 'POST', '/api/agents/provision', {
    name,
    model: 'custom',
    config: { baseUrl: `http://host.docker.internal:${model.port}/v1`, model: 'echo-1', apiKey: canary('k-'), telegramToken: canary('1:') },
  });
  const { id } = body.agent;
  ids.push(id);
  await backend.settled(id);
  const [operation] = (await backend.as(owner, 'GET', `/api/agents/${id}/operations`)).body.operations;
  expect(operation).toMatchObject({ error: null, state: 'succeeded' });
  return { id, stages: operation.steps.map((step: { name: string }) => step.name) };
}

beforeAll(async () => {
  removeCold = await makeColdImage(COLD);
  model = await startModelProvider();
  backend = await startBackendWithDocker('warm', { OPENCLAW_IMAGE: COLD });
  owner = await backend.account();
});
afterAll(async () => {
  await backend?.stop();
  await model?.close();
  await removeCold();
});

/** Makes an image whose gateway starts only on an agent's network: warming fails. */
async function makeUnwarmableImage(name: string): Promise<() => Promise<void>> {
  const removeStandIn = await makeStandIn(WARM_IMAGE, 'agentbot/openclaw-test:stand-in-of-stubborn');
  const [repo, tag] = name.split(':');
  const container = await docker.createContainer({ Image: 'agentbot/openclaw-test:stand-in-of-stubborn' });
  const start = '["sh", "-c", "[ -e /sys/class/net/eth0 ] || { echo no network; exit 3; }; exec openclaw gateway"]';
  await container.commit({ repo, tag, changes: [`ENTRYPOINT ${start}`, 'CMD []', 'LABEL agentbot.recipe='] });
  await container.remove({ v: true });
  return async () => {
    await docker.getImage(name).remove({ force: true });
    await removeStandIn();
  };
}

test('only the first provision of a cold image warms it, and no agent compiles plugins', async () => {
  const first = await provision('First');
  expect(first.stages).toEqual(['image', 'validate', 'warm', 'create', 'start', 'ready']);
  const second = await provision('Second');
  expect(second.stages).toEqual(['image', 'validate', 'create', 'start', 'ready']);
  for (const { id } of [first, second]) {
    const kept = await shell(id, 'ls /opt/agentbot/cache/jiti');
    expect(kept.split('\n').length).toBeGreaterThan(20);
    expect(await shell(id, 'ls /tmp/jiti')).toBe(kept);
  }
  const { body } = await backend.as(owner, 'POST', '/api/chat', { message: 'Warm?', agentId: second.id });
  expect(body.reply).toBe('You said: Warm?');
  await backend.machine(owner, 'POST', `/api/agents/${first.id}/repair`);
  const [repair] = (await backend.as(owner, 'GET', `/api/agents/${first.id}/operations`)).body.operations;
  expect(repair.steps.map((step: { name: string }) => step.name)).not.toContain('warm');
  // Agents share the cache: what one writes there would run in another.
  expect(await shell(second.id, 'echo evil > /opt/agentbot/cache/jiti/evil')).toMatch(/Read-only file system/);
}, 600_000);

test('agents on an image that cannot be warmed start without a cache, and the second does not retry', async () => {
  const removeUnwarmable = await makeUnwarmableImage(UNWARMABLE);
  const updateAndFindWarmSteps = async (id: string | undefined) => {
    const { status, body } = await backend.machine(owner, 'POST', `/api/agents/${id}/update`, { image: UNWARMABLE });
    expect([status, body.error]).toEqual([200, undefined]);
    const [operation] = (await backend.as(owner, 'GET', `/api/agents/${id}/operations`)).body.operations;
    const cache = '/opt/agentbot/cache';
    const { Mounts } = await docker.getContainer(`openclaw-${id}`).inspect();
    expect(Mounts.map(({ Destination }) => Destination)).not.toContain(cache);
    return operation.steps.filter((step: { name: string }) => step.name === 'warm');
  };
  try {
    expect(await updateAndFindWarmSteps(ids[0])).toEqual([
      expect.objectContaining({
        state: 'skipped',
        detail: expect.stringMatching(/exited with code 3: no network\. The agent starts without a cache/),
      }),
    ]);
    expect(await updateAndFindWarmSteps(ids[1])).toEqual([]);
  } finally {
    await removeUnwarmable();
  }
}, 480_000);
