import { describe, expect, test } from '@jest/globals';
import { repositoryOf } from '../src/config/allowed-images.ts';
import { readConfig } from '../src/config/config.ts';

/** The parser of image names, and the values of ALLOWED_IMAGES that the configuration accepts. */

const DIGEST = `sha256:${'a'.repeat(64)}`;

test.each([
  ['busybox', 'docker.io', 'library/busybox'],
  ['busybox:1', 'docker.io', 'library/busybox'],
  ['agentbot/openclaw:1', 'docker.io', 'agentbot/openclaw'],
  ['docker.io/busybox', 'docker.io', 'library/busybox'],
  ['index.docker.io/agentbot/openclaw', 'docker.io', 'agentbot/openclaw'],
  ['localhost/x', 'localhost', 'x'],
  ['localhost:5000/x', 'localhost:5000', 'x'],
  ['registry:5000/x/y:1', 'registry:5000', 'x/y'],
  ['127.0.0.1:5000/x', '127.0.0.1:5000', 'x'],
  [`ghcr.io/a/b:1@${DIGEST}`, 'ghcr.io', 'a/b'],
  ['a.b/c', 'a.b', 'c'],
  ['a_b/c', 'docker.io', 'a_b/c'],
])('repositoryOf reads %s as registry %s, path %s', (image, host, path) => {
  expect(repositoryOf(image)).toEqual({ registry: host, path });
});

describe('readConfig', () => {
  const environment = {
    DATABASE_URL: 'postgres://u:p@127.0.0.1/db',
    INTERNAL_API_KEY: 'i'.repeat(32),
    ASSERTION_SECRET: 'a'.repeat(32),
    ENCRYPTION_KEYS: `k:${Buffer.alloc(32, 1).toString('base64')}`,
  };
  const read = (more: object) => () => readConfig({ ...environment, ...more });

  test.each([
    ['ghcr.io/acme/openclaw, ghcr.io/acme/', /ALLOWED_IMAGES: entry 2 is no repository/],
    ['ghcr.io/acme/openclaw:1', /ALLOWED_IMAGES: entry 1 has a tag or a digest/],
    [`ghcr.io/acme/openclaw@${DIGEST}`, /ALLOWED_IMAGES: entry 1 has a tag or a digest/],
    ['localhost:5000', /ALLOWED_IMAGES: entry 1 has a tag or a digest/],
    ['ghcr.io', /ALLOWED_IMAGES: entry 1 is a registry/],
    ['*', /ALLOWED_IMAGES: entry 1 is no repository/],
    ['/*', /ALLOWED_IMAGES: entry 1 is no repository/],
    ['ghcr.io/acme*', /ALLOWED_IMAGES: entry 1 is no repository/],
    ['*.example.com/x', /ALLOWED_IMAGES: entry 1 is no repository/],
    ['ghcr.io/*/openclaw', /ALLOWED_IMAGES: entry 1 is no repository/],
    ['https://ghcr.io/acme/openclaw', /ALLOWED_IMAGES: entry 1 is no repository/],
  ])('refuses ALLOWED_IMAGES=%s', (list, sentence) => {
    expect(read({ ALLOWED_IMAGES: list })).toThrow(sentence);
  });

  test('refuses an OPENCLAW_IMAGE that is not an image name', () => {
    expect(read({ OPENCLAW_IMAGE: 'Not an image' })).toThrow(/OPENCLAW_IMAGE: must be an image's name/);
  });

  test.each(['', ' , ', 'ghcr.io/*', 'acme/*', '10.0.0.1:5000/*, ghcr.io/acme/openclaw'])('accepts ALLOWED_IMAGES=%s', (list) => {
    read({ ALLOWED_IMAGES: list })();
  });
});
