import { createServer } from 'node:http';
import { startRegistry } from '@agentbot/test-doubles/registry';
import { makeStandIn } from '@agentbot/test-doubles/stand-in';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import Docker from 'dockerode';
import { startBackend, startBackendWithDocker, type TestBackend } from './backend.ts';

/** Which images a tenant may have run, and that nothing is asked of the engine or of a registry about any other. */

const IMAGE = 'agentbot/openclaw-test:stand-in-images';
const DIGEST = `sha256:${'a'.repeat(64)}`;
const docker = new Docker();
let registry: Awaited<ReturnType<typeof startRegistry>>;
let backend: TestBackend;
let removeImage: () => Promise<void>;

beforeAll(async () => {
  registry = await startRegistry();
  removeImage = await makeStandIn('agentbot/openclaw:2026.3.13', IMAGE);
  backend = await startBackendWithDocker('images', {
    AGENT_PORT_BASE: '33000',
    AGENT_SUBNET: '10.251.0.0/16',
    OPENCLAW_IMAGE: IMAGE,
    ALLOWED_IMAGES: `ghcr.io/acme/*, ${registry.address}/listed/openclaw`,
  });
}, 120_000);
afterAll(async () => {
  await backend?.stop();
  await removeImage?.();
  await registry?.close();
}, 60_000);
beforeEach(() => {
  registry.calls.length = 0;
});

async function newAgent(): Promise<string> {
  const { body } = await backend.machine(undefined, 'POST', '/api/agents', { name: 'A', config: { plan: 'network' } });
  return body.id;
}
const update = (id: string, image: string) => backend.machine(undefined, 'POST', `/api/agents/${id}/update`, { image });
const row = (id: string) => backend.context.database.as('service', (tx) => tx.agent.findUniqueOrThrow({ where: { id } }));
const operations = (agentId: string) => backend.context.database.as('service', (tx) => tx.operation.count({ where: { agentId } }));

describe('an update to an image that is not allowed is 400 before anything is asked or changed', () => {
  test.each<[string, (address: string) => string]>([
    ['on a registry at a loopback address', (address) => `${address}/x/openclaw:1`],
    ['of another repository of a listed registry', (address) => `${address}/listed/openclaw-evil:1`],
    ['below a listed repository', (address) => `${address}/listed/openclaw/evil:1`],
    ['on the listed registry by another name', (address) => `${address.replace('127.0.0.1', 'localhost')}/listed/openclaw:1`],
    ['on the listed host at another port', () => '127.0.0.1:1/listed/openclaw:1'],
    ['of an owner whose name begins like the platform’s', () => 'ghcr.io/openclawevil/x:1'],
    ['of an owner whose name begins like the platform’s, with a hyphen', () => 'ghcr.io/openclaw-evil/x:1'],
    ['below the platform’s repository', () => 'ghcr.io/openclaw/openclaw/evil:1'],
    ['beside the platform’s repository', () => 'ghcr.io/openclaw/openclaw-evil:1'],
    ['beside a wildcard', () => 'ghcr.io/acme-evil/x:1'],
    ['with the name of a wildcard itself', () => 'ghcr.io/acme:1'],
    ['on a registry whose name begins like the platform’s', () => 'ghcr.io.evil.example/openclaw/openclaw:1'],
    ['on the platform’s registry in capitals', () => 'GHCR.IO/openclaw/openclaw:1'],
    ['on the platform’s registry at a port', () => 'ghcr.io:444/openclaw/openclaw:1'],
    ['on the platform’s registry with a trailing dot', () => 'ghcr.io./openclaw/openclaw:1'],
    ['with a digest', () => `ghcr.io/openclawevil/x@${DIGEST}`],
    ['with a tag and a digest', () => `ghcr.io/openclawevil/x:1@${DIGEST}`],
    ['of Docker Hub', () => 'busybox'],
    ['beside the one that is built here', () => 'agentbot/backend:local'],
    ['that the host has under an id', () => 'b243381339dc'],
    ['on a link-local address', () => '169.254.169.254/latest/meta-data:1'],
    ['on a private address', () => '10.0.0.1:5000/x/openclaw:1'],
  ])('%s', async (_what, imageAt) => {
    const id = await newAgent();
    const before = await row(id);
    const image = imageAt(registry.address);
    const { status, body } = await update(id, image);
    expect([image, status]).toEqual([image, 400]);
    if (body.error !== 'Invalid Docker image name') {
      expect(body.error).toMatch(
        /^This installation does not run images of \S+: use \S+, or ask its operator to add the repository to ALLOWED_IMAGES$/,
      );
    }
    expect(await row(id)).toEqual(before);
    expect(await operations(id)).toBe(0);
    expect(registry.calls).toEqual([]);
  });

  test('what is no image name is told so', async () => {
    const id = await newAgent();
    const names = [
      'user:password@ghcr.io/openclaw/openclaw:1',
      'user@ghcr.io/openclaw/openclaw:1',
      'ghcr.io/OpenClaw/openclaw:1',
      'ghcr.io/οpenclaw/openclaw:1',
      'ghcr。io/openclaw/openclaw:1',
      'ghcr.io/openclaw/openclaw:1\n',
      'ghcr.io//openclaw/openclaw:1',
      'ghcr.io/openclaw/../x:1',
      'https://ghcr.io/openclaw/openclaw:1',
      'ghcr.io:99999999/openclaw/openclaw:1',
      '-ghcr.io/openclaw/openclaw:1',
      '[::1]:5000/openclaw/openclaw:1',
      'ghcr.io/openclaw/openclaw@sha256:abc',
      'a'.repeat(64),
      '',
    ];
    for (const name of names) {
      expect([name, await update(id, name)]).toEqual([
        name,
        expect.objectContaining({ status: 400, body: { error: 'Invalid Docker image name' } }),
      ]);
    }
    expect(await operations(id)).toBe(0);
  });
});

test('an installation that allows nothing more runs the platform’s own repositories only', async () => {
  const plain = await startBackendWithDocker('images-plain', { AGENT_PORT_BASE: '33200', AGENT_SUBNET: '10.252.0.0/16' });
  const { body } = await plain.machine(undefined, 'POST', '/api/agents', { name: 'A', config: { plan: 'network' } });
  const move = (image: string) => plain.machine(undefined, 'POST', `/api/agents/${body.id}/update`, { image });
  try {
    for (const image of [`${registry.address}/x/openclaw:1`, 'ghcr.io/openclaw/openclaw-evil:1', IMAGE]) {
      expect([image, (await move(image)).status]).toEqual([image, 400]);
    }
    expect(registry.calls).toEqual([]);
    // Allowed, but not here.
    expect((await move('agentbot/openclaw:not-built')).status).toBe(500);
  } finally {
    await plain.stop();
  }
});

test('no engine is asked about an image that is not allowed', async () => {
  const asked: string[] = [];
  const engine = createServer((request, response) => {
    asked.push(`${request.method} ${request.url}`);
    response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
  });
  await new Promise<void>((resolve) => engine.listen(0, '127.0.0.1', resolve));
  const { port } = engine.address() as { port: number };
  const listening = await startBackend({ DOCKER_HOST: `tcp://127.0.0.1:${port}` });
  const { body } = await listening.machine(undefined, 'POST', '/api/agents', { name: 'A', config: { plan: 'network' } });
  const { status } = await listening.machine(undefined, 'POST', `/api/agents/${body.id}/update`, { image: 'evil.example/x:1' });
  await listening.stop();
  engine.closeAllConnections();
  engine.close();
  expect(status).toBe(400);
  expect(asked.filter((each) => /evil/.test(decodeURIComponent(each)))).toEqual([]);
});

test('an image of a listed repository is asked for where it is', async () => {
  const id = await newAgent();
  const { status, body } = await update(id, `${registry.address}/listed/openclaw:1`);
  expect([status, body.code]).toEqual([500, 'OPERATION_FAILED']);
  expect(registry.calls).toContain('GET /v2/');
});

test('an image that is built here is run from here, and never pulled from a registry', async () => {
  const id = await newAgent();
  const { status, body } = await update(id, 'agentbot/openclaw:not-built');
  expect([status, body.error]).toEqual([
    500,
    'The image agentbot/openclaw:not-built is not on this machine, and this installation does not pull it',
  ]);
});

test('a container starts in its data, whatever working directory its image names', async () => {
  const hostile = 'agentbot/openclaw-test:stand-in-images-folder';
  const blank = await docker.createContainer({ Image: IMAGE });
  const [repo, tag] = hostile.split(':');
  await blank.commit({ repo, tag, changes: 'WORKDIR /proc/self/fd/7' });
  await blank.remove({ v: true });
  try {
    const id = await newAgent();
    const { status, body } = await update(id, hostile);
    expect([status, body.error]).toEqual([200, undefined]);
    const { Config } = await docker.getContainer(`openclaw-${id}`).inspect();
    expect(Config.WorkingDir).toBe('/home/node/.openclaw');
    await backend.machine(undefined, 'DELETE', `/api/agents/${id}`);
  } finally {
    await docker.getImage(hostile).remove({ force: true });
  }
}, 120_000);

test('an agent on an image that is allowed no more starts and is repaired from what is here, and nothing is pulled', async () => {
  const old = `${registry.address}/x/openclaw`;
  await docker.getImage(IMAGE).tag({ repo: old, tag: 'old' });
  try {
    const id = await newAgent();
    const config = { telegramToken: '123:abc' };
    expect((await backend.machine(undefined, 'POST', '/api/deployments', { agentId: id, config })).status).toBe(201);
    await backend.context.database.as('service', (tx) => tx.agent.update({ where: { id }, data: { image: `${old}:old` } }));
    expect((await backend.machine(undefined, 'POST', `/api/agents/${id}/repair`)).body).toMatchObject({ success: true });
    const { Config } = await docker.getContainer(`openclaw-${id}`).inspect();
    expect(Config.Image).toBe(`${old}:old`);
    expect((await backend.machine(undefined, 'POST', `/api/agents/${id}/restart`)).status).toBe(200);
    await docker.getImage(`${old}:old`).remove({ force: true });
    const gone = await backend.machine(undefined, 'POST', `/api/agents/${id}/repair`);
    expect([gone.status, gone.body.error]).toEqual([
      500,
      `The image ${old}:old is not on this machine, and this installation does not pull it`,
    ]);
    expect((await row(id)).state).toBe('running');
    expect(registry.calls).toEqual([]);
    await backend.machine(undefined, 'DELETE', `/api/agents/${id}`);
  } finally {
    await docker
      .getImage(`${old}:old`)
      .remove({ force: true })
      .catch(() => undefined);
  }
}, 120_000);
