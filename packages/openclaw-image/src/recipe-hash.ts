import { createHash } from 'node:crypto';
import { glob, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { BuildFacts } from './versions.ts';

const packageRoot = join(import.meta.dirname, '..');

// These files do not change what an image contains. The build facts of a version are hashed as values, so a new note in the table builds nothing again.
const unrelated = ['src/versions.ts', 'src/check-image.*', 'src/build.ts', 'src/*.test.ts'];

/** A hash of everything that decides what the image contains: this package's files, the versions, the processor. */
export async function recipeHash(version: string, facts: BuildFacts): Promise<string> {
  const hash = createHash('sha256').update(JSON.stringify([version, facts, process.arch]));
  const files = ['src/*', 'rootfs/etc/*', 'rootfs/usr/local/bin/*'];
  const paths = await Array.fromAsync(glob(files, { cwd: packageRoot, exclude: unrelated }));
  for (const path of paths.sort()) hash.update(path).update(await readFile(join(packageRoot, path)));
  return hash.digest('hex');
}
