import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { expect, test } from '@jest/globals';
import { createCredentials, nodeName, peerOf } from './credentials.ts';

test.each([
  ['DNS:backend.agentbot.internal', { kind: 'backend' }],
  [`DNS:${nodeName('a1b2')}`, { kind: 'node', nodeId: 'a1b2' }],
  ['DNS:backend.agentbot.internal, DNS:a1b2.node.agentbot.internal', undefined],
  ['DNS:backend.agentbot.internal.example.com', undefined],
  ['DNS:example.com', undefined],
  ['IP Address:127.0.0.1', undefined],
  ['', undefined],
  [undefined, undefined],
])('%s proves %j', (name, peer) => {
  expect(peerOf(name)).toEqual(peer);
});

test('a missing file is an error that names it, and not its content', async () => {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'agentbot-credentials-'));
  const file = path.join(folder, 'node.json');
  const read = createCredentials(folder, 'node');
  expect(read).toThrow(`The certificate in ${file} cannot be read`);
  await writeFile(file, JSON.stringify({ ca: 'a', cert: 'b' }));
  expect(read).toThrow(`The certificate in ${file} cannot be read`);
  await writeFile(file, JSON.stringify({ ca: 'a', cert: 'b', key: 'c' }));
  expect(read()).toEqual({ ca: 'a', cert: 'b', key: 'c' });
  // A file that vanishes later does not end a running process.
  await rm(file);
  expect(read()).toEqual({ ca: 'a', cert: 'b', key: 'c' });
  await rm(folder, { recursive: true });
});
