import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { findBusybox } from './busybox.ts';
import { run } from './command.ts';
import { deriveImage, imagesOf, recipeLabel } from './images.ts';
import { importImage } from './import-image.ts';
import { packRootFilesystem } from './pack.ts';
import { recipeHash } from './recipe-hash.ts';
import { stageRootFilesystem } from './root-filesystem.ts';
import { defaultVersion, type VersionFacts, versionFacts } from './version-facts.ts';
import { commitWarmed } from './warm-caches.ts';

const usage = `Usage: pnpm openclaw:image [version …] [--tag <tag>] [--force]

Builds agentbot/openclaw:<tag> from the npm package openclaw, for machines that cannot pull images.
  version   releases of OpenClaw (${defaultVersion})
  --tag     the image's tag (the version), for one release
  --force   build even if this recipe has built it already`;

async function step<T>(name: string, work: () => Promise<T>): Promise<T> {
  const start = performance.now();
  const result = await work();
  console.log(`${((performance.now() - start) / 1000).toFixed(1).padStart(6)} s  ${name}`);
  return result;
}

async function buildImage(reference: string, version: string, facts: VersionFacts, recipe: string): Promise<void> {
  const busybox = await findBusybox();
  const work = await mkdtemp(join(tmpdir(), 'openclaw-image-'));
  const root = join(work, 'root');
  const archive = join(work, 'root.tar');
  const labels = { [recipeLabel]: recipe, 'org.opencontainers.image.version': version };
  try {
    await step(`files of OpenClaw ${version} and Node.js ${facts.nodeVersion}`, () => stageRootFilesystem(root, version, facts, busybox));
    await step('archive', () => packRootFilesystem(root, archive));
    const coldImage = await step('import', () => importImage(archive, labels));
    await step('warm caches', () => commitWarmed(coldImage, reference)).catch(async (error) => {
      await run('docker', ['rmi', coldImage]);
      throw error;
    });
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

async function ensureImage(version: string, tag: string, force: boolean): Promise<void> {
  const facts = versionFacts(version);
  const reference = `agentbot/openclaw:${tag}`;
  const recipe = await recipeHash(version, facts);
  const built = force ? [] : await imagesOf(recipe);
  if (built.includes(reference)) return console.log(`${reference} is there already, built by this recipe.`);
  const [twin] = built;
  if (twin) await step('another tag of the same build', () => deriveImage(twin, reference));
  else await buildImage(reference, version, facts, recipe);
  console.log(`${reference} is ready.`);
}

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { tag: { type: 'string' }, force: { type: 'boolean' }, help: { type: 'boolean' } },
  });
  if (values.help) return console.log(usage);
  if (process.platform !== 'linux') throw new Error('The image can be built on Linux only.');
  const versions = positionals.length > 0 ? positionals : [defaultVersion];
  if (values.tag && versions.length > 1) throw new Error('One tag cannot name several releases.');

  await run('docker', ['version', '--format', '{{.Server.Version}}']);
  for (const version of versions) await ensureImage(version, values.tag ?? version, values.force ?? false);
}

await main().catch((error: Error) => {
  console.error(error.message);
  process.exitCode = 1;
});
