import { chmod, copyFile, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { findBusybox } from '../src/busybox.ts';
import { checkImage } from '../src/check-image.ts';
import { run } from '../src/command.ts';

/** Images of busybox alone, with a gateway that answers as its script says, on a real engine. */

const images: string[] = [];
let root: string;

/** Makes an image with these programs. @returns its id */
async function imageWith(programs: Record<string, string>): Promise<string> {
  for (const [name, script] of Object.entries(programs)) {
    await writeFile(join(root, 'bin', name), `#!/bin/sh\n${script}\n`);
    await chmod(join(root, 'bin', name), 0o755);
  }
  const archive = join(root, '../root.tar');
  await run('tar', ['--create', '--file', archive, '--directory', root, '.']);
  const image = await run('docker', ['import', '--change', 'ENV HOME=/home/node', '--change', 'VOLUME /home/node/.openclaw', archive]);
  images.push(image);
  return image;
}

const listing = (status: string) => `echo '{"plugins":[{"id":"discord","status":"${status}","error":"no such module"}]}'`;
const server = 'cd /tmp && echo live > healthz && exec httpd -f -p 18789';

beforeAll(async () => {
  root = join(await mkdtemp(join(tmpdir(), 'check-image-')), 'root');
  for (const folder of ['bin', 'home/node/.openclaw', 'tmp']) await mkdir(join(root, folder), { recursive: true });
  const busybox = await findBusybox();
  await copyFile(busybox, join(root, 'bin/busybox'));
  for (const applet of ['sh', 'cat', 'echo', 'httpd', 'sleep', 'wget']) await symlink('busybox', join(root, 'bin', applet));
}, 120_000);
afterAll(async () => {
  for (const image of images) await run('docker', ['rmi', '--force', image]);
  await rm(join(root, '..'), { recursive: true, force: true });
});

test('checkImage measures a gateway that answers and loads its channels', async () => {
  const image = await imageWith({ 'entrypoint.sh': server, openclaw: listing('loaded') });
  const { readySeconds, idleMiB, imageMB } = await checkImage(image, ['discord']);
  expect(readySeconds).toBeLessThan(60);
  // Busybox takes a few megabytes, on the disk and in the memory.
  expect([idleMiB > 0, idleMiB < 50, imageMB > 0.5, imageMB < 20]).toEqual([true, true, true, true]);
}, 120_000);

test('checkImage throws the exit code and the last log lines when the gateway ends', async () => {
  const image = await imageWith({
    'entrypoint.sh': 'cat "$HOME/.openclaw/openclaw.json"; echo "discord is refused" >&2; exit 3',
    openclaw: '',
  });
  await expect(checkImage(image, ['discord'])).rejects.toThrow(
    // The engine keeps no order between the two output streams of a container.
    /ended with exit code 3 (?=.*discord is refused).*"discord":\{"enabled":true/s,
  );
  expect(await run('docker', ['ps', '--all', '--quiet', '--filter', `ancestor=${image}`])).toBe('');
}, 120_000);

test('checkImage throws when a channel is not loaded', async () => {
  const image = await imageWith({ 'entrypoint.sh': server, openclaw: listing('error') });
  await expect(checkImage(image, ['discord', 'slack'])).rejects.toThrow('discord is error no such module; slack is missing');
}, 120_000);
