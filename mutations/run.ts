import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import startTestPostgres from '../apps/backend/test/global-setup.ts';
import stopTestPostgres from '../apps/backend/test/global-teardown.ts';
import type { Patch } from './patch.ts';
import { access } from './patches/access.ts';
import { accounts } from './patches/accounts.ts';
import { answers } from './patches/answers.ts';
import { audit } from './patches/audit.ts';
import { billing } from './patches/billing.ts';
import { channels } from './patches/channels.ts';
import { chat } from './patches/chat.ts';
import { clone } from './patches/clone.ts';
import { containers } from './patches/containers.ts';
import { contractValues } from './patches/contract-values.ts';
import { engine } from './patches/engine.ts';
import { figures } from './patches/figures.ts';
import { identity } from './patches/identity.ts';
import { images } from './patches/images.ts';
import { models } from './patches/models.ts';
import { operations } from './patches/operations.ts';
import { ownership } from './patches/ownership.ts';
import { passkeyPatches } from './patches/passkeys.ts';
import { promises } from './patches/promises.ts';
import { providerKeys } from './patches/provider-keys.ts';
import { recovery } from './patches/recovery.ts';
import { secrets } from './patches/secrets.ts';
import { speed } from './patches/speed.ts';
import { swarm } from './patches/swarm.ts';
import { time } from './patches/time.ts';
import { usage } from './patches/usage.ts';
import { web } from './patches/web.ts';
import { workspace } from './patches/workspace.ts';
import { createTestRunner, testFileOf } from './test-runner.ts';

// `pnpm mutate` applies each patch, runs the test file that must notice it, and puts the file back.
//   pnpm mutate <id> …        these patches
//   pnpm mutate --sample 5    five patches, picked at random; the seed is printed, and --seed repeats the choice
//   pnpm mutate --quick       without the patches whose test starts containers, a browser or a build
//   pnpm mutate --list        the table of the patches; applies none
//   pnpm mutate --check       whether each patch's text is in its file exactly once; part of `pnpm verify`
//   pnpm mutate               all patches
// The exit code is 1 when a patch survives: its test passes although the code is wrong.

const all: Patch[] = [
  ...access,
  ...accounts,
  ...answers,
  ...audit,
  ...billing,
  ...channels,
  ...chat,
  ...clone,
  ...containers,
  ...contractValues,
  ...engine,
  ...figures,
  ...identity,
  ...images,
  ...models,
  ...operations,
  ...ownership,
  ...passkeyPatches,
  ...promises,
  ...providerKeys,
  ...recovery,
  ...secrets,
  ...speed,
  ...swarm,
  ...time,
  ...usage,
  ...web,
  ...workspace,
];

/** Picks patches by a hash of seed and id, so that a new patch changes the sample of a seed rarely. */
function sampleOf(patches: Patch[], count: number, seed: string): Patch[] {
  const orderOf = ({ id }: Patch) => createHash('sha256').update(`${seed} ${id}`).digest('hex');
  return patches.toSorted((a, b) => (orderOf(a) < orderOf(b) ? -1 : 1)).slice(0, count);
}

/** Prints patches as a table. */
function list(patches: Patch[]): void {
  const width = (texts: string[]) => Math.max(...texts.map((text) => text.length));
  const ids = width(patches.map(({ id }) => id));
  const harms = width(patches.map(({ harm }) => harm));
  for (const { id, harm, test } of patches) {
    const where = `${test.package.replace('@agentbot/', '')} ${test.file}${test.name ? ` “${test.name}”` : ''}${test.slow ? ' (slow)' : ''}`;
    process.stdout.write(`${id.padEnd(ids)}  ${harm.padEnd(harms)}  ${where}\n`);
  }
}

/** Prints the patches whose text is not in their file exactly once. @returns whether there is none */
function check(patches: Patch[]): boolean {
  const stale = patches.filter(
    ({ file, find }) => readFileSync(path.join(import.meta.dirname, '..', file), 'utf8').split(find).length !== 2,
  );
  for (const { id, file } of stale) process.stdout.write(`${id}: its text is not in ${file} exactly once\n`);
  process.stdout.write(`mutations: ${patches.length - stale.length} of ${patches.length} patches fit the code\n`);
  return stale.length === 0;
}

/** Applies patches one after the other, those of one test file together. @returns whether each was killed */
async function applyAll(patches: Patch[]): Promise<boolean> {
  const isKilled = createTestRunner(patches);
  const counts = { killed: 0, SURVIVED: 0, ERROR: 0 };
  for (const patch of [...Map.groupBy(patches, testFileOf).values()].flat()) {
    const from = Date.now();
    let problem = '';
    const outcome = await isKilled(patch).then(
      (killed) => (killed ? 'killed' : 'SURVIVED'),
      (error: Error) => {
        problem = `\n${error.message}`;
        return 'ERROR' as const;
      },
    );
    counts[outcome]++;
    const seconds = Math.round((Date.now() - from) / 1_000);
    process.stdout.write(`${outcome.padEnd(8)} ${patch.id} (${seconds} s): ${patch.harm}${problem}\n`);
  }
  process.stdout.write(`mutations: ${counts.killed} killed, ${counts.SURVIVED} survived, ${counts.ERROR} could not be tried\n`);
  return counts.killed === patches.length;
}

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    sample: { type: 'string' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    quick: { type: 'boolean', default: false },
    list: { type: 'boolean', default: false },
    check: { type: 'boolean', default: false },
  },
});
const unknown = positionals.filter((id) => !all.some((patch) => patch.id === id));
if (unknown.length > 0) throw new Error(`There is no patch ${unknown.join(', ')}`);
const repeated = all.filter(({ id }, index) => all.findIndex((other) => other.id === id) !== index);
if (repeated.length > 0) throw new Error(`Two patches are called ${repeated.map(({ id }) => id).join(', ')}`);
const named = (positionals.length > 0 ? all.filter(({ id }) => positionals.includes(id)) : all).filter(
  ({ test }) => !(values.quick && test.slow),
);
const chosen = values.sample ? sampleOf(named, Number(values.sample), values.seed) : named;
if (values.sample) process.stdout.write(`A sample of ${chosen.length} of ${named.length} patches, seed ${values.seed}\n`);

if (values.list) list(chosen);
else if (values.check) process.exitCode = check(chosen) ? 0 : 1;
else {
  await startTestPostgres();
  const interrupted = () => void stopTestPostgres().finally(() => process.exit(130));
  process.once('SIGINT', interrupted).once('SIGTERM', interrupted);
  try {
    if (!(await applyAll(chosen))) process.exitCode = 1;
  } finally {
    await stopTestPostgres();
  }
}
