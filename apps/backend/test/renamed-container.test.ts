import { once } from 'node:events';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { canary } from '@agentbot/test-doubles/canaries';
import { makeStandIn } from '@agentbot/test-doubles/stand-in';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import Docker from 'dockerode';
import { createEngineProxy } from '../src/edge/engine-proxy/engine-proxy.ts';
import { randomName } from '../src/shared/ids.ts';
import { removeLeftovers, startBackendWithDocker } from './backend.ts';

/** An operator renames an agent's container; the backend works through the engine proxy, as in production. */

const IMAGE = 'agentbot/openclaw-test:stand-in-renamed';
const socket = path.join(os.tmpdir(), `engine-${randomName(8)}.sock`);
const INSTALLATION = `test-renamed-${randomName(8)}`;
const docker = new Docker();
const proxy = createEngineProxy({
  socketPath: new URL(process.env.DOCKER_HOST || 'unix:///var/run/docker.sock').pathname,
  agentSubnet: '10.231.0.0/16',
  installation: INSTALLATION,
});
const settings: Record<string, string> = {
  DOCKER_HOST: `unix://${socket}`,
  INSTALLATION,
  OPENCLAW_IMAGE: IMAGE,
  AGENT_PORT_BASE: '26400',
  AGENT_SUBNET: '10.231.0.0/16',
  // The reconciler's interval must not hide a missing reaction.
  RECONCILE_SECONDS: '3600',
};
let removeImage: () => Promise<void>;
let backend: Awaited<ReturnType<typeof startBackendWithDocker>>;
let first: typeof backend;
let owner: string;

beforeAll(async () => {
  proxy.listen(socket);
  await once(proxy, 'listening');
  removeImage = await makeStandIn('agentbot/openclaw:2026.3.13', IMAGE);
  first = await startBackendWithDocker('renamed', settings);
  backend = first;
  owner = await backend.account();
});
afterAll(async () => {
  await backend?.stop();
  await removeLeftovers(first.config.INSTALLATION);
  await removeImage?.();
  proxy.closeAllConnections();
  proxy.close();
});

const call = (method: string, address: string, body?: unknown) => backend.machine(owner, method, address, body);
const states = async (id: string) =>
  (await docker.listContainers({ all: true, filters: { label: [`agentbot.agent=${id}`] } })).map(({ State, Names }) => [State, ...Names]);

async function startAgent(id: string): Promise<void> {
  const config = { telegramToken: canary('4711:'), plan: 'label' };
  await call('POST', '/api/deployments', { agentId: id, config });
  await backend.settled(id);
  expect(await states(id)).toEqual([['running', `/openclaw-${id}`]]);
}
async function rename(id: string, name: string): Promise<void> {
  await docker.getContainer(`openclaw-${id}`).rename({ name });
}
/** Waits until the agent's container has its own name again. */
async function untilNamed(id: string): Promise<void> {
  for (const end = Date.now() + 10_000; Date.now() < end; await sleep(50)) {
    if ((await states(id))[0]?.[1] === `/openclaw-${id}`) return;
  }
  throw new Error(`The container is called ${JSON.stringify(await states(id))}`);
}

test('stop, start and delete of an agent work on its renamed container', async () => {
  const id = `ren_${randomName(6)}`;
  await startAgent(id);

  await rename(id, `by-hand-${id}`);
  expect((await call('POST', `/api/agents/${id}/stop`)).status).toBe(200);
  expect(await states(id)).toEqual([['exited', `/openclaw-${id}`]]);

  await rename(id, `openclaw-${id}-old`);
  expect((await call('POST', `/api/agents/${id}/start`)).status).toBe(200);
  expect(await states(id)).toEqual([['running', `/openclaw-${id}`]]);

  await rename(id, `by-hand-${id}`);
  expect((await call('DELETE', `/api/agents/${id}`)).body).toEqual({ id, deleted: true });
  expect(await states(id)).toEqual([]);
});

test('the reconciler restores the name of a container that was renamed while the backend was up or down', async () => {
  const id = `ren_${randomName(6)}`;
  await startAgent(id);
  await rename(id, `by-hand-${id}`);
  await untilNamed(id);

  await backend.leave();
  await rename(id, `by-hand-${id}`);
  const { DATABASE_URL, ENCRYPTION_KEYS } = first.config;
  backend = await startBackendWithDocker('renamed-again', { ...settings, DATABASE_URL, ENCRYPTION_KEYS });
  await untilNamed(id);
  expect((await call('GET', `/api/agents/${id}`)).body.status).toBe('active');
  expect((await call('DELETE', `/api/agents/${id}`)).body).toEqual({ id, deleted: true });
});

test('the engine proxy allows a rename only to the name of the container’s own agent', async () => {
  const labels = { 'agentbot.installation': first.config.INSTALLATION, 'agentbot.agent': 'labelled' };
  const make = async (Labels: Record<string, string>) =>
    (await docker.createContainer({ Image: IMAGE, Labels, name: `by-hand-${randomName(6)}` })).id;
  const [ours, withoutInstallation] = [await make(labels), await make({ 'agentbot.agent': 'labelled' })];
  const filtered = new Docker({ socketPath: socket, version: 'v1.41' });
  const outcome = (id: string, name: string) =>
    filtered
      .getContainer(id)
      .rename({ name })
      .then(
        () => 204,
        (error: { statusCode: number }) => error.statusCode,
      );
  try {
    expect(await outcome(withoutInstallation, 'openclaw-labelled')).toBe(403);
    expect(await outcome(ours, 'openclaw-other')).toBe(403);
    expect(await outcome('f'.repeat(64), 'openclaw-labelled')).toBe(403);
    expect(await outcome(ours, 'openclaw-labelled')).toBe(204);
  } finally {
    for (const id of [ours, withoutInstallation]) await docker.getContainer(id).remove({ force: true });
  }
});
