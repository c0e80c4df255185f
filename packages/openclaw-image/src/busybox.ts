import { access, constants } from 'node:fs/promises';
import { run } from './command.ts';
import { env } from './env.ts';

async function isExecutable(path: string): Promise<boolean> {
  return access(path, constants.X_OK).then(
    () => true,
    () => false,
  );
}

async function isStatic(path: string): Promise<boolean> {
  return run('ldd', [path], { quiet: true }).then(
    (libraries) => !libraries.includes('=>'),
    () => true, // ldd fails on a program without libraries
  );
}

/** Finds a statically linked busybox: the image's shell, and the wget of its health check. */
export async function findBusybox(): Promise<string> {
  const candidates = env.BUSYBOX ? [env.BUSYBOX] : ['/bin/busybox', '/usr/bin/busybox'];
  for (const path of candidates) {
    if ((await isExecutable(path)) && (await isStatic(path))) return path;
  }
  throw new Error(
    `No statically linked busybox at ${candidates.join(' or ')}. ` +
      'Install the Debian package busybox-static, or name another one in $BUSYBOX.',
  );
}
