import { describe, expect, test } from '@jest/globals';
import { parseAllowedImages, repositoryOf } from './allowed-images.ts';
import { readConfig } from './config.ts';

const DIGEST = `sha256:${'a'.repeat(64)}`;

// The full form of a name: https://pkg.go.dev/github.com/distribution/reference#ParseNormalizedNamed
test.each([
  ['busybox', 'docker.io', 'library/busybox'],
  ['busybox:1.36', 'docker.io', 'library/busybox'],
  ['acme/openclaw', 'docker.io', 'acme/openclaw'],
  ['docker.io/busybox', 'docker.io', 'library/busybox'],
  ['index.docker.io/acme/x', 'docker.io', 'acme/x'],
  ['ghcr.io/openclaw/openclaw:2026.3.13', 'ghcr.io', 'openclaw/openclaw'],
  ['ghcr.io/x', 'ghcr.io', 'x'],
  ['localhost/x', 'localhost', 'x'],
  ['localhost:5000/x', 'localhost:5000', 'x'],
  ['registry:5000/x/y:1', 'registry:5000', 'x/y'],
  [`ghcr.io/a/b:1@${DIGEST}`, 'ghcr.io', 'a/b'],
  ['a.b/c', 'a.b', 'c'],
  ['a_b/c', 'docker.io', 'a_b/c'],
  ['127.0.0.1:9977/x/openclaw:1', '127.0.0.1:9977', 'x/openclaw'],
])('repositoryOf %s is %s %s', (image, registry, path) => {
  expect(repositoryOf(image)).toEqual({ registry, path });
});

test.each(['', 'UPPER', 'a b', 'http://x/y', 'x:'])('repositoryOf the invalid name %j is undefined', (image) => {
  expect(repositoryOf(image)).toBeUndefined();
});

describe('parseAllowedImages', () => {
  test('reads repositories, and folders of repositories', () => {
    expect(parseAllowedImages(' ghcr.io/acme/openclaw ,, ghcr.io/team/*,localhost:5000/*, acme/*,busybox ')).toEqual([
      { registry: 'ghcr.io', path: 'acme/openclaw', below: false },
      { registry: 'ghcr.io', path: 'team/', below: true },
      { registry: 'localhost:5000', path: '', below: true },
      { registry: 'docker.io', path: 'acme/', below: true },
      { registry: 'docker.io', path: 'library/busybox', below: false },
    ]);
    expect(parseAllowedImages('')).toEqual([]);
  });

  test.each([
    [
      'ghcr.io/acme/x,http://secret@x/y',
      'entry 2 is no repository: write ghcr.io/acme/openclaw, or ghcr.io/acme/* for all repositories below',
    ],
    ['*', 'entry 1 is no repository: write ghcr.io/acme/openclaw, or ghcr.io/acme/* for all repositories below'],
    ['ghcr.io/acme/*x', 'entry 1 is no repository: write ghcr.io/acme/openclaw, or ghcr.io/acme/* for all repositories below'],
    ['ghcr.io/acme/x:1', 'entry 1 has a tag or a digest: write only the repository'],
    [`ghcr.io/acme/x@sha256:${'a'.repeat(64)}`, 'entry 1 has a tag or a digest: write only the repository'],
    ['ghcr.io', 'entry 1 is a registry: end it with /* to allow all its repositories'],
    ['localhost', 'entry 1 is a registry: end it with /* to allow all its repositories'],
  ])('refuses %j by position', (list, message) => {
    expect(() => parseAllowedImages(list)).toThrow(new Error(message));
  });

  test('takes a name with a dot below an owner for a repository', () => {
    expect(parseAllowedImages('acme/open.claw')).toEqual([{ registry: 'docker.io', path: 'acme/open.claw', below: false }]);
    expect(parseAllowedImages('localhosts')).toEqual([{ registry: 'docker.io', path: 'library/localhosts', below: false }]);
  });
});

describe('readConfig with images', () => {
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
