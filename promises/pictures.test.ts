import { readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from '@jest/globals';
import { root } from './ledger.ts';

const folder = path.join(root, 'docs/images');
const readme = readFileSync(path.join(root, 'README.md'), 'utf8');

test('the README shows each picture of docs/images in both themes, with an alternative text', () => {
  const shown = [...readme.matchAll(/<picture>\s*<source ([^>]*)>\s*<img ([^>]*)>\s*<\/picture>/g)].flatMap(([, source = '', img = '']) => {
    expect(source).toContain('media="(prefers-color-scheme: dark)"');
    expect(img).toMatch(/ alt="[^"]{20,}"/);
    const [, dark] = /srcset="docs\/images\/([\w-]+)-dark\.png"/.exec(source) ?? [];
    const [, light] = /src="docs\/images\/([\w-]+)-light\.png"/.exec(img) ?? [];
    expect(dark).toBe(light);
    return [`${light}-light.png`, `${dark}-dark.png`];
  });
  expect(shown.length).toBeGreaterThan(0);
  expect(shown.sort()).toEqual(readdirSync(folder).sort());
});

test.each(readdirSync(folder))('docs/images/%s is a PNG of at most 250 kB', (name) => {
  const file = path.join(folder, name);
  expect(statSync(file).size).toBeLessThanOrEqual(250_000);
  expect(readFileSync(file).subarray(0, 8)).toEqual(Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'));
});
