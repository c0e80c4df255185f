import { takeAgentSlots } from '@agentbot/test-doubles/agent-slots';
import { pollUntil } from '@agentbot/test-doubles/poll-until';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import Docker from 'dockerode';
import { buildContainerSpec } from '../src/domain/containers/container-spec.ts';
import { createDockerHost } from '../src/infra/docker/docker-host.ts';
import { randomName } from '../src/shared/ids.ts';
import { removeLeftovers } from './backend.ts';

/** The Docker host on the real engine, with images that are slow or refuse. */

const NEWER_IMAGE = 'agentbot/openclaw:2026.9.6';
const SLOW_IMAGE = 'agentbot/openclaw-test:slow';
const installation = `test-docker-host-${randomName(4)}`;
const docker = new Docker();
let slots: Awaited<ReturnType<typeof takeAgentSlots>>;
const TIMEOUT_MS = 4_000;
const host = createDockerHost(process.env.DOCKER_HOST, installation, {
  isPullAllowed: () => false,
  log: { warn: () => undefined },
  timeoutMs: TIMEOUT_MS,
});
const check = (image: string, configuration: string, plugins: string[] = []) =>
  host.validateConfig(image, installation, { configuration, variables: [], plugins }, AbortSignal.timeout(60_000));
const config = (more: object = {}) => JSON.stringify({ gateway: { mode: 'local' }, ...more });

beforeAll(async () => {
  slots = await takeAgentSlots();
  const container = await docker.createContainer({
    Image: 'agentbot/openclaw:2026.3.13',
    User: '0:0',
    Entrypoint: ['sh', '-c', 'printf "#!/bin/sh\nsleep 7\necho \'{}\'\n" > /usr/local/bin/openclaw'],
  });
  const changes = ['USER 1000:1000', 'ENTRYPOINT ["sh"]', 'CMD ["-c", "echo thinking; exec sleep 60"]', 'LABEL agentbot.recipe='];
  await container.start();
  await container.wait();
  await container.commit({ repo: 'agentbot/openclaw-test', tag: 'slow', changes });
  await container.remove({ v: true });
});
afterAll(async () => {
  await removeLeftovers(installation);
  await docker.getImage(SLOW_IMAGE).remove({ force: true });
  await slots.release();
});

test('validateConfig waits for a validator that runs longer than the timeout of an engine call', async () => {
  const begun = Date.now();
  expect(await check(SLOW_IMAGE, config())).toEqual([]);
  expect(Date.now() - begun).toBeGreaterThan(TIMEOUT_MS);
});

const specOf = async () =>
  buildContainerSpec({
    agent: { id: `slow-${randomName(6)}`, ownerId: 'user_1', plan: 'solo', config: {} },
    slot: 0,
    image: SLOW_IMAGE,
    secretEnv: {},
    models: [],
    fingerprint: '',
    environment: 'e',
    recipient: '',
    cacheVolume: null,
    capacity: await host.capacity(),
    config: {
      AGENT_PORT_BASE: Number(slots.settings.AGENT_PORT_BASE),
      AGENT_SUBNET: slots.settings.AGENT_SUBNET.split('/')[0] as string,
      INSTALLATION: installation,
      AGENT_EXTRA_CA_FILE: undefined,
    },
  });

test('runOnce waits for a command that runs longer than the timeout of an engine call, and throws its exit code', async () => {
  const spec = await specOf();
  await host.runOnce(spec, 'sleep 6');
  await expect(host.runOnce(spec, 'sleep 6; echo no; exit 7')).rejects.toThrow('The command exited with code 7');
});

test('start ends a task that still works on the volume, as after a crash', async () => {
  const spec = await specOf();
  await host.create(spec, {}, []);
  const task = host.runOnce(spec, 'sleep 100').catch((error: Error) => error);
  const running = () =>
    docker
      .getContainer(`openclaw-task.${spec.agentId}`)
      .inspect()
      .then(
        ({ State }) => State.Running,
        () => false,
      );
  await pollUntil('the task runs', running, { seconds: 30, everyMs: 100 });
  await host.start(spec);
  expect(await running()).toBe(false);
  await task;
  await host.removeAll(spec.names);
});

test('removeAll says what holds an agent’s network, and works once that is gone', async () => {
  const spec = await specOf();
  await host.create(spec, {}, []);
  const foreign = await docker.createContainer({
    Image: spec.image,
    Entrypoint: ['sleep', '100'],
    HostConfig: { NetworkMode: spec.names.network },
  });
  try {
    await foreign.start();
    await expect(host.removeAll(spec.names)).rejects.toMatchObject({
      code: 'OPERATION_FAILED',
      message: `A container that is not the agent's is connected to the network ${spec.names.network}: disconnect it, then try again`,
    });
  } finally {
    await foreign.remove({ force: true });
  }
  await host.removeAll(spec.names);
  await expect(docker.getNetwork(spec.names.network).inspect()).rejects.toMatchObject({ statusCode: 404 });
});

test('validateConfig names the field that a newer validator refuses', async () => {
  const refused = await check(NEWER_IMAGE, config({ nonsense: true }));
  expect(refused).toEqual([expect.stringContaining('nonsense')]);
  expect((await check(NEWER_IMAGE, 'not a configuration')).join()).toContain('JSON5 parse failed');
});

test('validateConfig names each plugin that the image lacks', async () => {
  const wanted = ['memory-core', 'telegram', 'discord', 'matrix', 'signal'];
  expect(await check(NEWER_IMAGE, config(), wanted)).toEqual([
    'this image does not have the plugin matrix',
    'this image does not have the plugin signal',
  ]);
});

test('validateConfig throws when the image cannot list its plugins', async () => {
  await expect(check(SLOW_IMAGE, config(), ['telegram'])).rejects.toThrow(`The image ${SLOW_IMAGE} could not list its plugins`);
});

test('fillStartCache throws with the last output when the gateway is not ready in time, and is not retried', async () => {
  const request = { configuration: config(), variables: [], timeoutMs: 2_000 };
  expect(await host.startCache(SLOW_IMAGE, installation)).toEqual({ volume: expect.any(String), filled: false });
  await expect(host.fillStartCache(SLOW_IMAGE, installation, request, AbortSignal.timeout(60_000))).rejects.toThrow(
    /was not ready within 2 seconds: .*thinking/,
  );
  expect(await host.startCache(SLOW_IMAGE, installation)).toEqual({ volume: null, filled: true });
});
