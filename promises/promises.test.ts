import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { documents, exists, readList, root } from './ledger.ts';
import { sentencesOf } from './sentences.ts';

/**
 * Every sentence of the documents is listed in `documents/`: with the test that fails when the promise is broken, with the
 * reason why no test can try it, or as a sentence without a promise. A new or changed sentence must be listed again.
 */

const read = (file: string) => readFileSync(path.join(root, file), 'utf8');

describe.each(documents)('%s', (document) => {
  const listed = readList(document);

  test('has each of its sentences in its list, and its list has no other', () => {
    const sentences = new Set(sentencesOf(document, read(document)));
    const known = new Set(listed.map(({ sentence }) => sentence));
    expect([...sentences].filter((sentence) => !known.has(sentence))).toEqual([]);
    // A sentence that the document no longer has.
    expect([...known].filter((sentence) => !sentences.has(sentence))).toEqual([]);
    expect(listed).toHaveLength(known.size);
  });

  test('names for each promise a test that exists, or the reason why there is none', () => {
    const lacking = listed.filter(({ mark, proofs, reason }) => (mark === '+' && proofs.length === 0) || (mark === '?' && !reason));
    expect(lacking.map(({ sentence }) => sentence)).toEqual([]);
    const missing = listed.flatMap(({ proofs }) => proofs).filter((proof) => !existsSync(path.join(root, proof.file)) || !exists(proof));
    expect(missing).toEqual([]);
  });
});

/** Every Markdown document, the decisions and the glossary included. */
const markdown = [...new Set([...documents, 'docs/glossary.md', 'docs/adr/README.md', 'CHANGELOG.md'])].filter((file) =>
  file.endsWith('.md'),
);

test.each(markdown)('every link of %s leads to a file', (document) => {
  const links = [...read(document).matchAll(/\]\((?!https?:)([^)#]+)/g)].map(([, link = '']) => link);
  expect(links.filter((link) => !existsSync(path.join(root, path.dirname(document), link)))).toEqual([]);
});

test.each(markdown.filter((file) => file !== 'CHANGELOG.md'))('every path that %s names exists', (document) => {
  // Without a placeholder or a wildcard, from the root, the backend's source or the backend itself.
  const paths = [...read(document).matchAll(/`([\w.-]+(?:\/[\w.-]+)+\.(?:ts|mjs|md|sh|yml|css|prisma|txt))`/g)].map(
    ([, name = '']) => name,
  );
  const from = ['', 'apps/backend/src', 'apps/backend'];
  expect(paths.filter((name) => !from.some((folder) => existsSync(path.join(root, folder, name))))).toEqual([]);
});

test.each(markdown.filter((file) => file !== 'CHANGELOG.md'))('every command of pnpm that %s names exists', (document) => {
  const scriptsOf = (folder: string) =>
    Object.keys((JSON.parse(read(path.join(folder, 'package.json'))) as { scripts?: object }).scripts ?? {});
  const own = ['install', 'exec'];
  const commands = [...read(document).matchAll(/(?:`|^\s*)(?:npx -y )?pnpm(?:@\S+)? (?!--filter)(?:run )?([a-z][\w:-]*)/gm)];
  const known = [...scriptsOf('.'), ...scriptsOf('apps/backend'), ...own];
  expect(commands.map(([, name = '']) => name).filter((name) => !known.includes(name))).toEqual([]);
});
