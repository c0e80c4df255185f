import { describe, expect, test } from '@jest/globals';
import { parseAllowedImages, repositoryOf } from './allowed-images.ts';

// The full form of a name: https://pkg.go.dev/github.com/distribution/reference#ParseNormalizedNamed
test.each([
  ['busybox', 'docker.io', 'library/busybox'],
  ['busybox:1.36', 'docker.io', 'library/busybox'],
  ['acme/openclaw', 'docker.io', 'acme/openclaw'],
  ['docker.io/busybox', 'docker.io', 'library/busybox'],
  ['index.docker.io/acme/x', 'docker.io', 'acme/x'],
  ['ghcr.io/openclaw/openclaw:2026.3.13', 'ghcr.io', 'openclaw/openclaw'],
  ['ghcr.io/x', 'ghcr.io', 'x'],
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
