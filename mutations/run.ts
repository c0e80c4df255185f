import { spawn } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { parseArgs } from 'node:util';
import type { Patch } from './patch.ts';
import { answers } from './patches/answers.ts';
import { audit } from './patches/audit.ts';
import { billing } from './patches/billing.ts';
import { channels } from './patches/channels.ts';
import { chat } from './patches/chat.ts';
import { clone } from './patches/clone.ts';
import { containers } from './patches/containers.ts';
import { contractValues } from './patches/contract-values.ts';
import { figures } from './patches/figures.ts';
import { identity } from './patches/identity.ts';
import { models } from './patches/models.ts';
import { ownership } from './patches/ownership.ts';
import { promises } from './patches/promises.ts';
import { time } from './patches/time.ts';

// `pnpm mutate` applies each patch, runs the test file that must notice it, and puts the file back.
//   pnpm mutate <id> …        these patches
//   pnpm mutate --sample 5    five patches, picked at random; the seed is printed, and --seed repeats the choice
//   pnpm mutate               all patches
// The exit code is 1 when a patch survives: its test passes although the code is wrong.

const root = path.join(import.meta.dirname, '..');
const all: Patch[] = [
  ...answers,
  ...audit,
  ...billing,
  ...channels,
  ...chat,
  ...clone,
  ...containers,
  ...contractValues,
  ...figures,
  ...identity,
  ...models,
  ...ownership,
  ...promises,
  ...time,
];

/** A generator of numbers from 0 to 1 that a seed repeats (mulberry32). */
function randomNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

function sampleOf(patches: Patch[], count: number, seed: number): Patch[] {
  const random = randomNumbers(seed);
  return patches
    .map((patch) => ({ patch, order: random() }))
    .sort((a, b) => a.order - b.order)
    .slice(0, count)
    .map(({ patch }) => patch);
}

/** Runs a patch's test. @returns the number of failed tests, and the end of the output */
async function runTest({ test }: Patch): Promise<{ failed: number; output: string }> {
  const only = test.name ? ['-t', test.name] : [];
  const child = spawn('pnpm', ['--filter', test.package, 'run', 'test', test.file, ...only], {
    cwd: root,
    env: { ...process.env, CI: 'true' },
  });
  const chunks: Buffer[] = [];
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => chunks.push(chunk));
  await new Promise((resolve) => child.once('close', resolve));
  const output = Buffer.concat(chunks).toString();
  const [, passed, failed] = /: (\d+) passed, (\d+) failed/.exec(output) ?? [];
  // A file that does not load notices nothing: it would fail whatever the fault is.
  if (failed === undefined || Number(passed) + Number(failed) === 0) throw new Error(`No test was run:\n${output.slice(-2_000)}`);
  return { failed: Number(failed), output };
}

/** Applies a patch, runs its test and restores the file, whatever happens. @returns whether the test noticed the fault */
async function isKilled(patch: Patch): Promise<boolean> {
  const file = path.join(root, patch.file);
  const original = await readFile(file, 'utf8');
  const places = original.split(patch.find).length - 1;
  if (places !== 1) throw new Error(`"${patch.find}" stands ${places} times in ${patch.file}, not once`);
  const restore = () => writeFile(file, original);
  const interrupted = () => void restore().then(() => process.exit(130));
  process.once('SIGINT', interrupted).once('SIGTERM', interrupted);
  try {
    await writeFile(
      file,
      original.replace(patch.find, () => patch.replace),
    );
    return (await runTest(patch)).failed > 0;
  } finally {
    process.off('SIGINT', interrupted).off('SIGTERM', interrupted);
    await restore();
  }
}

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { sample: { type: 'string' }, seed: { type: 'string', default: String(Date.now() % 1_000_000) } },
});
const unknown = positionals.filter((id) => !all.some((patch) => patch.id === id));
if (unknown.length > 0) throw new Error(`There is no patch ${unknown.join(', ')}`);
const repeated = all.filter(({ id }, index) => all.findIndex((other) => other.id === id) !== index);
if (repeated.length > 0) throw new Error(`Two patches are called ${repeated.map(({ id }) => id).join(', ')}`);
const named = positionals.length > 0 ? all.filter(({ id }) => positionals.includes(id)) : all;
const chosen = values.sample ? sampleOf(named, Number(values.sample), Number(values.seed)) : named;
if (values.sample) process.stdout.write(`A sample of ${chosen.length} of ${named.length} patches, seed ${values.seed}\n`);

const survivors: string[] = [];
for (const patch of chosen) {
  const from = Date.now();
  const killed = await isKilled(patch);
  if (!killed) survivors.push(patch.id);
  process.stdout.write(`${killed ? 'killed  ' : 'SURVIVED'} ${patch.id} (${Math.round((Date.now() - from) / 1000)} s): ${patch.harm}\n`);
}
process.stdout.write(`mutations: ${chosen.length - survivors.length} killed, ${survivors.length} survived\n`);
if (survivors.length > 0) process.exitCode = 1;
