import { once } from 'node:events';
import { chmod, chown, mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { socketRefusal } from '../src/engine-proxy/socket-access.ts';

/** A wrong DOCKER_GID: what is said when the engine's socket may not be opened. */

const OTHER_GROUP = 4711;
const NOBODY = 65_534;
const isRoot = process.geteuid?.() === 0;
let folder: string;
let socketPath: string;
const server = createServer((socket) => socket.end());

beforeAll(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'engine-socket-'));
  await chmod(folder, 0o755);
  socketPath = path.join(folder, 'docker.sock');
  await once(server.listen(socketPath), 'listening');
  // As Docker's own: for its owner and its group. An ordinary user who owns it is kept out by mode 000.
  await chmod(socketPath, isRoot ? 0o660 : 0o000);
  if (isRoot) await chown(socketPath, 0, OTHER_GROUP);
});
afterAll(async () => {
  server.close();
  await rm(folder, { recursive: true, force: true });
});

/** Does something with an ordinary user's rights; connecting takes those at once. */
async function asOrdinaryUser<T>(work: () => Promise<T>): Promise<T> {
  if (!isRoot) return work();
  const groups = process.getgroups?.() ?? [];
  process.setgroups?.([NOBODY]);
  process.setegid?.(NOBODY);
  process.seteuid?.(NOBODY);
  try {
    return await work();
  } finally {
    process.seteuid?.(0);
    process.setegid?.(0);
    process.setgroups?.(groups);
  }
}

test('the group that the socket has is named, with the variable to set', async () => {
  const group = isRoot ? OTHER_GROUP : process.getegid?.();
  const refusal = await asOrdinaryUser(() => socketRefusal(socketPath));
  expect(refusal).toContain(`${socketPath}, which belongs to group ${group}: set DOCKER_GID=${group}.`);
  if (isRoot) expect(refusal).toMatch(/Its own groups are 65534$/);
});

test('nothing is said of a socket that may be opened, nor of an engine that is away', async () => {
  await chmod(socketPath, 0o666);
  expect(await asOrdinaryUser(() => socketRefusal(socketPath))).toBeUndefined();
  expect(await socketRefusal(path.join(folder, 'nothing.sock'))).toBeUndefined();
});
