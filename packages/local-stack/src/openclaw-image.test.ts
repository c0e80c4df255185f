import { once } from 'node:events';
import { createServer } from 'node:http';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { chooseImage } from './openclaw-image.ts';

const OFFICIAL = 'ghcr.io/openclaw/openclaw:2026.3.13';
const LOCAL_BUILD = 'agentbot/openclaw:2026.3.13';

describe('chooseImage, for `pnpm dev`', () => {
  /** The images that the engine has. A real engine has whatever other tests left on it. */
  let present: string[] = [];
  const engine = createServer((request, response) => {
    const image = decodeURIComponent(/^\/v1\.41\/images\/(.*)\/json$/.exec(request.url ?? '')?.[1] ?? '');
    response.writeHead(present.includes(image) ? 200 : 404).end();
  });
  const socket = path.join(os.tmpdir(), `engine-${process.pid}.sock`);
  const DOCKER_HOST = `unix://${socket}`;
  beforeAll(async () => {
    engine.listen(socket);
    await once(engine, 'listening');
  });
  afterAll(() => void engine.close());

  test.each([
    ['takes the official image when both are present', [OFFICIAL, LOCAL_BUILD], undefined, OFFICIAL, true],
    ['takes the local build when only that one is present', [LOCAL_BUILD], undefined, LOCAL_BUILD, true],
    ['names the official image when none is present', [], undefined, OFFICIAL, false],
    ['takes no other image than OPENCLAW_IMAGE', [LOCAL_BUILD], 'ghcr.io/acme/openclaw:1', 'ghcr.io/acme/openclaw:1', false],
  ])('%s', async (_case, images, OPENCLAW_IMAGE, image, isPresent) => {
    present = images;
    expect(await chooseImage({ DOCKER_HOST, OPENCLAW_IMAGE })).toEqual({ image, present: isPresent });
  });

  test('names the official image without an engine', async () => {
    expect(await chooseImage({ DOCKER_HOST: 'unix:///nonexistent.sock' })).toEqual({ image: OFFICIAL, present: false });
  });
});
