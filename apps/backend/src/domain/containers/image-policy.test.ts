import { expect, test } from '@jest/globals';
import { readConfig } from '../../config/config.ts';
import { isPullAllowed, requireAllowedImage } from './image-policy.ts';

/** The settings of an operator, as the backend reads them. */
const settings = (ALLOWED_IMAGES: string, OPENCLAW_IMAGE = 'registry.example/platform/openclaw:1') =>
  readConfig({
    DATABASE_URL: 'postgres://u:p@127.0.0.1/db',
    INTERNAL_API_KEY: 'i'.repeat(32),
    ASSERTION_SECRET: 'a'.repeat(32),
    ENCRYPTION_KEYS: `k:${Buffer.alloc(32, 1).toString('base64')}`,
    OPENCLAW_IMAGE,
    ALLOWED_IMAGES,
  });

function isAllowed(image: string, list: string): boolean {
  try {
    requireAllowedImage(image, settings(list));
    return true;
  } catch (error) {
    expect(error).toMatchObject({ code: 'INVALID_REQUEST' });
    return false;
  }
}

test.each<[string, string, { run: boolean; pull: boolean }]>([
  ['registry.example/platform/openclaw:2', '', { run: true, pull: true }],
  ['ghcr.io/openclaw/openclaw:2026.3.13', '', { run: true, pull: true }],
  // Built on this machine: the name at Docker Hub may belong to a stranger.
  ['agentbot/openclaw:2026.3.13', '', { run: true, pull: false }],
  ['agentbot/openclaw:2026.3.13', 'agentbot/*', { run: true, pull: true }],
  ['busybox', '', { run: false, pull: false }],
  ['hostile.example/platform/openclaw:1', '', { run: false, pull: false }],
  ['hostile.example/openclaw/openclaw:1', '', { run: false, pull: false }],
  ['hostile.example/agentbot/openclaw:1', '', { run: false, pull: false }],
  ['ghcr.io/openclaw/openclaw-evil:1', '', { run: false, pull: false }],
  ['ghcr.io/acme/agent:1', 'ghcr.io/acme/*', { run: true, pull: true }],
  ['ghcr.io/acme/below/agent:1', 'ghcr.io/acme/*', { run: true, pull: true }],
  ['ghcr.io/acmeevil/agent:1', 'ghcr.io/acme/*', { run: false, pull: false }],
  ['hostile.example/acme/agent:1', 'ghcr.io/acme/*', { run: false, pull: false }],
  ['ghcr.io/acme/agent:1', 'ghcr.io/acme/agent', { run: true, pull: true }],
  ['ghcr.io/acme/agent/more:1', 'ghcr.io/acme/agent', { run: false, pull: false }],
])('the image %s where ALLOWED_IMAGES is “%s”: %j', (image, list, { run, pull }) => {
  expect({ run: isAllowed(image, list), pull: isPullAllowed(image, settings(list)) }).toEqual({ run, pull });
});

test('a refusal names the image that the platform runs', () => {
  expect(() => requireAllowedImage('busybox', settings(''))).toThrow(
    'This installation does not run images of docker.io/library/busybox: use registry.example/platform/openclaw:1, or ask its operator to add the repository to ALLOWED_IMAGES',
  );
});

test('the image that is built here is never pulled, also where it is the platform’s image', () => {
  const image = 'agentbot/openclaw:2026.3.13';
  requireAllowedImage(image, settings('', image));
  expect(isPullAllowed(image, settings('', image))).toBe(false);
});
