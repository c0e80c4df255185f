import { createServer } from 'node:http';
import { canary } from '@agentbot/test-doubles/canaries';
import { startImageRegistry } from '@agentbot/test-doubles/image-registry';
import { startRegistry } from '@agentbot/test-doubles/registry';
import { makeStandIn } from '@agentbot/test-doubles/stand-in';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import Docker from 'dockerode';
import { removeUnusedImages } from '../src/domain/containers/pulled-images.ts';
import type { Transaction } from '../src/infra/database/database.ts';
import { startBackend, startBackendWithDocker, type TestBackend } from './backend.ts';

/** The images that a tenant may run. For any other image the backend calls neither the engine nor a registry. */

const IMAGE = 'agentbot/openclaw-test:stand-in-images';
const DIGEST = `sha256:${'a'.repeat(64)}`;
const docker = new Docker();
let registry: Awaited<ReturnType<typeof startRegistry>>;
let images: Awaited<ReturnType<typeof startImageRegistry>>;
let backend: TestBackend;
let removeImage: () => Promise<void>;

beforeAll(async () => {
  registry = await startRegistry();
  images = await startImageRegistry();
  removeImage = await makeStandIn('agentbot/openclaw:2026.3.13', IMAGE);
  backend = await startBackendWithDocker('images', {
    OPENCLAW_IMAGE: IMAGE,
    ALLOWED_IMAGES: `ghcr.io/acme/*, ${registry.address}/listed/openclaw, ${images.address}/listed/openclaw`,
  });
});
afterAll(async () => {
  await backend?.stop();
  await removeImage?.();
  await registry?.close();
  await images?.close();
});
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

describe('POST /api/agents/:id/update answers 400, without a registry call or a write, to an image', () => {
  test.each<[string, (address: string) => string]>([
    ['on a registry at a loopback address', (address) => `${address}/x/openclaw:1`],
    ['of another repository of a listed registry', (address) => `${address}/listed/openclaw-evil:1`],
    ['below a listed repository', (address) => `${address}/listed/openclaw/evil:1`],
    ['on a listed registry under another host name', (address) => `${address.replace('127.0.0.1', 'localhost')}/listed/openclaw:1`],
    ['on the listed host at another port', () => '127.0.0.1:1/listed/openclaw:1'],
    ['of an owner whose name begins like the platform’s', () => 'ghcr.io/openclawevil/x:1'],
    ['of an owner whose name begins like the platform’s, with a hyphen', () => 'ghcr.io/openclaw-evil/x:1'],
    ['below the platform’s repository', () => 'ghcr.io/openclaw/openclaw/evil:1'],
    ['beside the platform’s repository', () => 'ghcr.io/openclaw/openclaw-evil:1'],
    ['of an owner whose name begins like a wildcard’s', () => 'ghcr.io/acme-evil/x:1'],
    ['with the name of the wildcard’s owner', () => 'ghcr.io/acme:1'],
    ['on a registry whose name begins like the platform’s', () => 'ghcr.io.evil.example/openclaw/openclaw:1'],
    ['on the platform’s registry in capitals', () => 'GHCR.IO/openclaw/openclaw:1'],
    ['on the platform’s registry at a port', () => 'ghcr.io:444/openclaw/openclaw:1'],
    ['on the platform’s registry with a trailing dot', () => 'ghcr.io./openclaw/openclaw:1'],
    ['with a digest', () => `ghcr.io/openclawevil/x@${DIGEST}`],
    ['with a tag and a digest', () => `ghcr.io/openclawevil/x:1@${DIGEST}`],
    ['on Docker Hub', () => 'busybox'],
    ['beside the locally built repository', () => 'agentbot/backend:local'],
    ['named by the id of an image on the host', () => 'b243381339dc'],
    ['on a link-local address', () => '169.254.169.254/latest/meta-data:1'],
    ['on a private address', () => '10.0.0.1:5000/x/openclaw:1'],
  ])('%s', async (_case, imageAt) => {
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

  test('whose name does not parse, with the error Invalid Docker image name', async () => {
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

test('without ALLOWED_IMAGES an update accepts only the platform’s own repositories', async () => {
  const plain = await startBackendWithDocker('images-plain');
  const { body } = await plain.machine(undefined, 'POST', '/api/agents', { name: 'A', config: { plan: 'network' } });
  const move = (image: string) => plain.machine(undefined, 'POST', `/api/agents/${body.id}/update`, { image });
  try {
    for (const image of [`${registry.address}/x/openclaw:1`, 'ghcr.io/openclaw/openclaw-evil:1', IMAGE]) {
      expect([image, (await move(image)).status]).toEqual([image, 400]);
    }
    expect(registry.calls).toEqual([]);
    // Allowed, but not on this host.
    expect((await move('agentbot/openclaw:not-built')).status).toBe(500);
  } finally {
    await plain.stop();
  }
});

test('an update to an image that is not allowed makes no Docker API call about that image', async () => {
  const calls: string[] = [];
  const engine = createServer((request, response) => {
    calls.push(`${request.method} ${request.url}`);
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
  expect(calls.filter((each) => /evil/.test(decodeURIComponent(each)))).toEqual([]);
});

describe('an update to an image of a listed repository', () => {
  const isHere = (image: string) =>
    docker
      .getImage(image)
      .inspect()
      .then(
        () => true,
        () => false,
      );
  const as = <T>(work: (tx: Transaction) => Promise<T>) => backend.context.database.as('service', work);
  const pulled = (image: string) => as((tx) => tx.pulledImage.findUnique({ where: { image } }));

  test('pulls the image; when no agent uses it, the image is removed an hour later', async () => {
    const image = `${images.address}/listed/openclaw:1`;
    await images.push('listed/openclaw', '1');
    const id = await newAgent();
    const { status, body } = await update(id, image);
    // The image has no program at all.
    expect([status, body.code]).toEqual([500, 'OPERATION_FAILED']);
    expect([await isHere(image), images.calls.includes('GET /v2/')]).toEqual([true, true]);
    expect(await pulled(image)).not.toBeNull();
    await removeUnusedImages(backend.context);
    expect(await isHere(image)).toBe(true);

    await as((tx) => tx.pulledImage.update({ where: { image }, data: { pulledAt: new Date(Date.now() - 3_700_000) } }));
    await as((tx) => tx.agent.update({ where: { id }, data: { image } }));
    await removeUnusedImages(backend.context);
    expect(await isHere(image)).toBe(true);

    await as((tx) => tx.agent.update({ where: { id }, data: { image: null } }));
    const container = await docker.createContainer({ Image: image, Cmd: ['/file'] });
    await removeUnusedImages(backend.context);
    expect([await isHere(image), await pulled(image)]).toEqual([true, expect.anything()]);
    await container.remove();
    await removeUnusedImages(backend.context);
    expect([await isHere(image), await pulled(image)]).toEqual([false, null]);
  });

  test('that is larger than MAX_IMAGE_GIB is refused by its manifest, and the engine is not asked', async () => {
    const image = `${images.address}/listed/openclaw:large`;
    await images.push('listed/openclaw', 'large', { declaredBytes: 5 * 1024 ** 3, list: true });
    images.calls.length = 0;
    const { status, body } = await update(await newAgent(), image);
    expect([status, body.error]).toEqual([
      500,
      `The image ${image} was not pulled: its download has 5.0 GiB, and this installation allows 4.0 GiB (MAX_IMAGE_GIB)`,
    ]);
    // The engine begins a pull with this call.
    expect(images.calls).not.toContain('GET /v2/');
    expect(images.calls).toContain('GET /v2/listed/openclaw/manifests/large');
    expect(await pulled(image)).toBeNull();
  });

  test('that the registry does not have is not pulled', async () => {
    const image = `${images.address}/listed/openclaw:none`;
    const { status, body } = await update(await newAgent(), image);
    expect([status, body.error]).toEqual([500, `The image ${image} is not on this machine and could not be pulled`]);
  });

  test('stays when the platform did not pull it', async () => {
    const image = `${images.address}/listed/openclaw:by-hand`;
    await docker.getImage(IMAGE).tag({ repo: `${images.address}/listed/openclaw`, tag: 'by-hand' });
    await removeUnusedImages(backend.context);
    expect(await isHere(image)).toBe(true);
    await docker.getImage(image).remove();
  });
});

test('an update to a missing image of the locally built repository answers 500 and does not pull', async () => {
  const id = await newAgent();
  const { status, body } = await update(id, 'agentbot/openclaw:not-built');
  expect([status, body.error]).toEqual([
    500,
    'The image agentbot/openclaw:not-built is not on this machine, and this installation does not pull it',
  ]);
});

test('a container starts in its data folder and ignores the WORKDIR of its image', async () => {
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
});

test('an agent whose image is no longer allowed restarts and repairs from the local image, without a pull', async () => {
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
});

describe('GET /api/openclaw/versions', () => {
  const listOn = async (target: TestBackend, user: string) => (await target.as(user, 'GET', '/api/openclaw/versions')).body;
  const byVersion = (body: { versions: { version: string }[] }) => new Map(body.versions.map((each) => [each.version, each]));

  test('lists the offered versions and the platform image, with the size of those on the host', async () => {
    const body = await listOn(backend, await backend.account());
    expect(body).toMatchObject({ default: 'stand-in-images', recommended: '2026.8.2' });
    expect([...byVersion(body).keys()]).toEqual(['2026.3.13', '2026.5.28', '2026.7.35', '2026.8.2', '2026.9.6', 'stand-in-images']);
    expect(byVersion(body).get('stand-in-images')).toMatchObject({
      image: IMAGE,
      availability: 'present',
      sizeBytes: (await docker.getImage(IMAGE).inspect()).Size,
      // The tag is no release; the label says 2026.3.13.
      sessions: 'files',
      readySeconds: 30,
    });
    // The operator's own repository may be pulled; OpenClaw's sessions are in SQLite from 2026.8.1 on.
    expect(byVersion(body).get('2026.8.2')).toMatchObject({
      image: 'agentbot/openclaw-test:2026.8.2',
      availability: 'pullable',
      sizeBytes: null,
      sessions: 'sqlite',
    });
    expect(byVersion(body).get('2026.3.13')).toMatchObject({
      sessions: 'files',
      channels: expect.arrayContaining(['telegram', 'discord', 'whatsapp']),
      packagedChannels: [],
      knownBad: null,
    });
  });

  test('images that are only built on the host are present or missing, and never pullable', async () => {
    const plain = await startBackendWithDocker('images-versions');
    try {
      const { versions } = await listOn(plain, await plain.account());
      for (const { image, availability } of versions) {
        const isHere = await docker
          .getImage(image)
          .inspect()
          .then(
            () => true,
            () => false,
          );
        expect([image, availability]).toEqual([image, isHere ? 'present' : 'missing']);
      }
    } finally {
      await plain.stop();
    }
  });

  test('tells nothing of the host, nor of an image that states no release, while Docker does not answer', async () => {
    const alone = await startBackend({ OPENCLAW_IMAGE: 'ghcr.io/acme/openclaw:stable', ALLOWED_IMAGES: 'ghcr.io/acme/openclaw' });
    try {
      const { versions } = await listOn(alone, await alone.account());
      expect(versions.at(-1)).toMatchObject({ version: 'stable', memory: null, readySeconds: null, sessions: null, channels: [] });
      expect(versions.map(({ availability, sizeBytes }: Record<string, unknown>) => [availability, sizeBytes])).toEqual(
        Array(6).fill([null, null]),
      );
    } finally {
      await alone.stop();
    }
  });
});

describe('config.openclawVersion of a new agent', () => {
  const create = (openclawVersion: unknown) =>
    backend.machine(undefined, 'POST', '/api/agents', { name: 'A', config: { plan: 'network', openclawVersion } });

  test('chooses the image, and is no part of the stored configuration', async () => {
    const { status, body } = await create('2026.8.2');
    expect(status).toBe(201);
    expect(await row(body.id)).toMatchObject({ image: 'agentbot/openclaw-test:2026.8.2', config: { plan: 'network' } });
    expect((await row(await newAgent())).image).toBeNull();
  });

  test.each([
    ['latest', 'openclawVersion is like 2026.8.2'],
    ['2026.8.2@sha256:abc', 'openclawVersion is like 2026.8.2'],
    ['../evil:1', 'openclawVersion is like 2026.8.2'],
    ['', 'openclawVersion is like 2026.8.2'],
  ])('%j is refused', async (version, error) => {
    expect(await create(version)).toMatchObject({ status: 400, body: { error } });
  });

  test('a version that is not offered is refused with those that are', async () => {
    expect(await create('2026.8.99')).toMatchObject({
      status: 400,
      body: {
        error:
          'This installation does not offer OpenClaw 2026.8.99. It offers 2026.3.13, 2026.5.28, 2026.7.35, 2026.8.2, 2026.9.6, stand-in-images',
      },
    });
  });

  test('POST /api/deployments takes it for a new agent, and refuses another version than that of an existing one', async () => {
    const deploy = (agentId: string, openclawVersion: string) =>
      backend.machine(undefined, 'POST', '/api/deployments', {
        agentId,
        config: { plan: 'network', telegramToken: canary('4713:'), openclawVersion },
      });
    // No image of that name is here: the deployment fails after the row is written.
    expect((await deploy('deployed', '2026.8.2')).status).toBe(500);
    expect((await row('deployed')).image).toBe('agentbot/openclaw-test:2026.8.2');
    const id = await newAgent();
    expect(await deploy(id, '2026.8.2')).toMatchObject({
      status: 400,
      body: { error: 'openclawVersion is for new agents: update the agent to change its version' },
    });
    expect((await row(id)).image).toBeNull();
  });

  test('a change of the configuration refuses it: an update changes the version', async () => {
    const id = await newAgent();
    const { status } = await backend.machine(undefined, 'PUT', `/api/agents/${id}/config`, { openclawVersion: '2026.8.2' });
    expect(status).toBe(400);
    expect((await row(id)).image).toBeNull();
  });
});
