import { expect, test } from '@jest/globals';
import { imageReference } from './image-reference.ts';

const hash = 'a'.repeat(64);

// Cases of the grammar and its tests: https://pkg.go.dev/github.com/distribution/reference
test.each<[string, { registry?: string; path: string; tag?: string; digest?: string }]>([
  ['busybox', { path: 'busybox' }],
  ['busybox:1.36', { path: 'busybox', tag: '1.36' }],
  ['library/busybox', { path: 'library/busybox' }],
  ['ghcr.io/openclaw/openclaw:2026.3.13', { registry: 'ghcr.io', path: 'openclaw/openclaw', tag: '2026.3.13' }],
  ['localhost/x', { registry: 'localhost', path: 'x' }],
  ['localhost:5000/x/y', { registry: 'localhost:5000', path: 'x/y' }],
  ['registry:5000/x', { registry: 'registry:5000', path: 'x' }],
  ['my-registry:5000/x', { registry: 'my-registry:5000', path: 'x' }],
  ['127.0.0.1:9977/x/openclaw:1', { registry: '127.0.0.1:9977', path: 'x/openclaw', tag: '1' }],
  ['Registry.EXAMPLE.com/x', { registry: 'Registry.EXAMPLE.com', path: 'x' }],
  ['a-b.example.com/x', { registry: 'a-b.example.com', path: 'x' }],
  [`x@sha256:${hash}`, { path: 'x', digest: `sha256:${hash}` }],
  [`x:t@sha256:${hash}`, { path: 'x', tag: 't', digest: `sha256:${hash}` }],
  ['a.b_c__d-e---f', { path: 'a.b_c__d-e---f' }],
  ['a/b.c/d_e/f__g/h--i', { path: 'a/b.c/d_e/f__g/h--i' }],
  ['a/b-cd', { path: 'a/b-cd' }],
  ['a.io/x', { registry: 'a.io', path: 'x' }],
  ['r:5000/x', { registry: 'r:5000', path: 'x' }],
  [`x:${'t'.repeat(128)}`, { path: 'x', tag: 't'.repeat(128) }],
  ['x:A_b.C-d', { path: 'x', tag: 'A_b.C-d' }],
  ['x:_', { path: 'x', tag: '_' }],
  [`${hash}0`, { path: `${hash}0` }],
  [hash.slice(1), { path: hash.slice(1) }],
  // Without a slash it is a repository of Docker Hub.
  ['ghcr.io', { path: 'ghcr.io' }],
])('imageReference reads %s', (name, parts) => {
  const { registry, path, tag, digest } = imageReference.exec(name)?.groups ?? {};
  expect({ registry, path, tag, digest }).toEqual({ registry: undefined, tag: undefined, digest: undefined, ...parts });
});

test.each([
  '',
  ':tag',
  '/x',
  'x/',
  'x//y',
  'X',
  'x/Y',
  'x:',
  `x:${'t'.repeat(129)}`,
  'x:-t',
  'x:.t',
  'x@',
  'x@sha256:abc',
  `x@sha256:${'A'.repeat(64)}`,
  `x@md5:${hash}`,
  hash,
  'x y',
  ' x',
  'x\n',
  'a___b',
  'a..b',
  'a._b',
  '_a',
  'a_',
  'a-',
  '.a',
  'a.',
  'a/-b',
  'ghcr.io/',
  'ghcr.io:port/x',
  'ghcr.io:123456/x',
  '-ghcr.io/x',
  'ghcr-.io/x',
  'ghcr.io-/x',
  'ghcr..io/x',
  '-r:5000/x',
  'r-:5000/x',
  'http://ghcr.io/x',
  // The first part has a point, so it is a registry, but a host name has no underscore.
  'a_b.io/x',
  '[::1]/x',
])('imageReference refuses %j', (name) => {
  expect(imageReference.test(name)).toBe(false);
});
