import { createHash } from 'node:crypto';
import { glob, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { VersionFacts } from './version-facts.ts';

const packageRoot = join(import.meta.dirname, '..');

/** A hash of everything that decides what the image contains: this package's files, the versions, the processor. */
export async function recipeHash(version: string, facts: VersionFacts): Promise<string> {
  const hash = createHash('sha256').update(JSON.stringify([version, facts, process.arch]));
  const paths = await Array.fromAsync(glob(['src/*', 'rootfs/**/*.*', 'rootfs/etc/*'], { cwd: packageRoot }));
  for (const path of paths.sort()) hash.update(path).update(await readFile(join(packageRoot, path)));
  return hash.digest('hex');
}
