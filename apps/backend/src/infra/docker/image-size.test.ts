import { createServer } from 'node:http';
import { startImageRegistry } from '@agentbot/test-doubles/image-registry';
import { startRegistry } from '@agentbot/test-doubles/registry';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { ImageNotOfferedError, imageDownloadBytes } from './image-size.ts';

const here = { os: 'linux', architecture: process.arch === 'x64' ? 'amd64' : process.arch };
const read = (image: string, platform = here) => imageDownloadBytes(image, platform, new AbortController().signal);
let registry: Awaited<ReturnType<typeof startImageRegistry>>;

beforeAll(async () => {
  registry = await startImageRegistry();
});
afterAll(() => registry.close());

test.each([
  ['docker', false],
  ['docker', true],
  ['oci', false],
  ['oci', true],
] as const)('imageDownloadBytes is the sum of layers and configuration: %s manifests, list: %s', async (format, list) => {
  const bytes = await registry.push('acme/openclaw', '1', { format, list, declaredBytes: 5_000_000_000 });
  expect(bytes).toBeGreaterThan(5_000_000_000);
  expect(await read(`${registry.address}/acme/openclaw:1`)).toBe(bytes);
});

test('imageDownloadBytes reads the tag latest without a tag, and the digest beside one', async () => {
  const latest = await registry.push('acme/latest', 'latest');
  expect(await read(`${registry.address}/acme/latest`)).toBe(latest);
  await expect(read(`${registry.address}/acme/latest:latest@sha256:${'0'.repeat(64)}`)).rejects.toBeInstanceOf(ImageNotOfferedError);
});

describe('imageDownloadBytes fails', () => {
  test('with ImageNotOfferedError for an unknown image, and for one without a variant of the platform', async () => {
    await registry.push('acme/list', '1', { list: true });
    await expect(read(`${registry.address}/acme/none:1`)).rejects.toBeInstanceOf(ImageNotOfferedError);
    await expect(read(`${registry.address}/acme/list:1`, { os: 'linux', architecture: 's390x' })).rejects.toThrow(
      new ImageNotOfferedError('The image has no variant for linux/s390x'),
    );
  });

  test('for a registry that does not answer', async () => {
    await expect(read('127.0.0.1:1/x:1')).rejects.not.toBeInstanceOf(ImageNotOfferedError);
  });

  test.each([
    'http://169.254.169.254/latest/meta-data',
    'http://100.100.100.200/',
    'http://[fe80::1]/',
    'file:///etc/passwd',
    'http://no-such-host.invalid/',
  ])('for a registry that names %s for tokens', async (realm) => {
    const hostile = await startImageRegistry({ realm: () => realm });
    await hostile.push('x', '1');
    await expect(read(`${hostile.address}/x:1`)).rejects.toThrow('The registry names an address for tokens that the backend does not call');
    await hostile.close();
  });

  test('for a registry that refuses the token it had given', async () => {
    const hostile = await startRegistry();
    await expect(read(`${hostile.address}/x:1`)).rejects.toBeInstanceOf(ImageNotOfferedError);
    await hostile.close();
  });

  test('for a redirect, which is not followed, and for an endless answer', async () => {
    const asked: string[] = [];
    const server = createServer((request, response) => {
      asked.push(request.url ?? '');
      if (request.url?.includes('/redirect/')) return response.writeHead(302, { location: '/elsewhere' }).end();
      response.writeHead(200, { 'content-type': 'application/json' });
      const more = () => {
        while (!response.destroyed && response.write('[1,2,3,4,5,6,7,8]'.repeat(1000)));
      };
      response.on('drain', more);
      return more();
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as { port: number };
    await expect(read(`127.0.0.1:${port}/redirect:1`)).rejects.toThrow();
    await expect(read(`127.0.0.1:${port}/endless:1`)).rejects.toThrow('The answer of the registry is too long');
    expect(asked).toEqual(['/v2/redirect/manifests/1', '/v2/endless/manifests/1']);
    server.closeAllConnections();
    server.close();
  });
});
