import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { findBusybox } from './busybox.ts';
import { checkImage } from './check-image.ts';
import { run } from './command.ts';
import { deriveImage, imagesOf, recipeLabel } from './images.ts';
import { importImage } from './import-image.ts';
import { latestVersion } from './npm-packages.ts';
import { packRootFilesystem } from './pack.ts';
import { recipeHash } from './recipe-hash.ts';
import { stageRootFilesystem } from './root-filesystem.ts';
import { type BuildFacts, buildFactsOf, type ChannelPlugin, defaultVersion, knownVersions, nearestKnown } from './versions.ts';
import { commitWarmed } from './warm-caches.ts';

const usage = `Usage: pnpm openclaw:image [version …] [--tag <tag>] [--force] [--no-check]

Builds agentbot/openclaw:<tag> from the npm package openclaw, for machines that cannot pull images. Each new image is started
once: it gets its tag only if the gateway answers and loads its channels.
  version     releases of OpenClaw, or "latest" (${defaultVersion})
  --tag       the image's tag (the version), for one release
  --force     build even if this recipe has built it already
  --no-check  do not start the new image`;

interface Options {
  force: boolean;
  check: boolean;
}

async function step<T>(name: string, work: () => Promise<T>): Promise<T> {
  const start = performance.now();
  const result = await work();
  console.log(`${((performance.now() - start) / 1000).toFixed(1).padStart(6)} s  ${name}`);
  return result;
}

async function checkOrRemove(image: string, added: ChannelPlugin[]): Promise<void> {
  try {
    const { readySeconds, idleMiB, imageMB } = await step('check', () => checkImage(image, added));
    const channels = added.length > 0 ? ` with ${added.join(', ')}` : '';
    console.log(
      `Ready after ${readySeconds.toFixed(1)} s${channels}; ${idleMiB.toFixed(0)} MiB of memory; image ${imageMB.toFixed(0)} MB.`,
    );
  } catch (error) {
    await run('docker', ['rmi', image]).catch(() => {});
    throw error;
  }
}

async function buildImage(reference: string, version: string, facts: BuildFacts, recipe: string, check: boolean): Promise<void> {
  const busybox = await findBusybox();
  const work = await mkdtemp(join(tmpdir(), 'openclaw-image-'));
  const root = join(work, 'root');
  const archive = join(work, 'root.tar');
  const labels = { [recipeLabel]: recipe, 'org.opencontainers.image.version': version };
  try {
    const title = `files of OpenClaw ${version} and Node.js ${facts.node}`;
    const added = await step(title, () => stageRootFilesystem(root, version, facts, busybox));
    await step('archive', () => packRootFilesystem(root, archive));
    const coldImage = await step('import', () => importImage(archive, labels));
    const image = await step('warm caches', () => commitWarmed(coldImage)).catch(async (error) => {
      await run('docker', ['rmi', coldImage]);
      throw error;
    });
    if (check) await checkOrRemove(image, added);
    await run('docker', ['tag', image, reference]);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

async function ensureImage(version: string, tag: string, { force, check }: Options): Promise<void> {
  const facts = buildFactsOf(version);
  if (!knownVersions.includes(version)) {
    console.log(`OpenClaw ${version} has no row of its own in the table: it is built like ${nearestKnown(version)}.`);
    console.log(`Nobody has measured its memory and start, or tried its settings: run pnpm openclaw:try ${version}.`);
  }
  const reference = `agentbot/openclaw:${tag}`;
  const recipe = await recipeHash(version, facts);
  const built = force ? [] : await imagesOf(recipe);
  if (built.includes(reference)) return console.log(`${reference} is there already, built by this recipe.`);
  const [twin] = built;
  if (twin) await step('another tag of the same build', () => deriveImage(twin, reference));
  else await buildImage(reference, version, facts, recipe, check);
  console.log(`${reference} is ready.`);
}

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    allowNegative: true,
    options: {
      tag: { type: 'string' },
      force: { type: 'boolean', default: false },
      check: { type: 'boolean', default: true },
      help: { type: 'boolean' },
    },
  });
  if (values.help) return console.log(usage);
  if (process.platform !== 'linux') throw new Error('The image can be built on Linux only.');
  const named = positionals.length > 0 ? positionals : [defaultVersion];
  const versions = await Promise.all(named.map((name) => (name === 'latest' ? latestVersion() : name)));
  if (values.tag && versions.length > 1) throw new Error('One tag cannot name several releases.');

  await run('docker', ['version', '--format', '{{.Server.Version}}']);
  for (const version of versions) await ensureImage(version, values.tag ?? version, values);
}

await main().catch((error: Error) => {
  console.error(error.message);
  process.exitCode = 1;
});
