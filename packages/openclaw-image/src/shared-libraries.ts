import { access, copyFile, glob, mkdir, realpath } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { run } from './command.ts';

// glibc opens these by name when a host name is looked up, so that no program names them.
const nameServiceLibraries = ['libnss_files.so.2', 'libnss_dns.so.2', 'libresolv.so.2'];

async function librariesOf(program: string): Promise<string[]> {
  const listing = await run('ldd', [program], { quiet: true }).catch(() => '');
  return [...listing.matchAll(/(?:=> |^\s*)(\/\S+) \(0x/gm)].map(([, path = '']) => path);
}

async function nativeModules(app: string): Promise<string[]> {
  const found = await Array.fromAsync(glob('**/*.{node,so}', { cwd: app }));
  return found.filter((path) => !path.includes('/build/koffi/')).map((path) => join(app, path));
}

/** Copies the system libraries that Node.js and the app's native modules load to the same paths under `root`. */
export async function copySharedLibraries(root: string, node: string, app: string): Promise<void> {
  const programs = [node, ...(await nativeModules(app))];
  const needed = new Set((await Promise.all(programs.map(librariesOf))).flat());
  const libc = [...needed].find((path) => path.endsWith('/libc.so.6'));
  if (!libc) throw new Error('Node.js could not be inspected with ldd: this build needs a Linux with glibc.');
  for (const name of nameServiceLibraries) needed.add(join(dirname(libc), name));

  for (const path of needed) {
    const exists = await access(path).then(
      () => true,
      () => false,
    );
    if (!exists || path.startsWith(root)) continue;
    await mkdir(join(root, dirname(path)), { recursive: true });
    await copyFile(await realpath(path), join(root, path));
  }
}
