import { spawn } from 'node:child_process';
import { readdirSync, writeFileSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Patch } from './patch.ts';

const root = path.join(import.meta.dirname, '..');

/** A mutated test that runs this much longer than the unmutated tests of its file hangs: the fault was noticed. */
const HANGS_AFTER_MS = 60_000;

/** The folder of a package, by its name. */
function folderOf(name: string): string {
  const short = name.replace('@agentbot/', '');
  for (const parent of ['apps', 'packages', '.']) {
    if (readdirSync(path.join(root, parent)).includes(short)) return path.join(root, parent, short);
  }
  throw new Error(`There is no package ${name}`);
}

/** Runs a command line in a folder. @returns its output, and whether it had to be ended after `timeout` milliseconds */
async function run(commandLine: string, cwd: string, env: NodeJS.ProcessEnv, timeout?: number): Promise<{ output: string; hung: boolean }> {
  // The command gets a process group of its own, so that what it starts ends with it.
  const child = spawn('sh', ['-c', commandLine], { cwd, env: { ...process.env, CI: 'true', ...env }, detached: true });
  const chunks: Buffer[] = [];
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => chunks.push(chunk));
  let hung = false;
  const timer = timeout === undefined ? undefined : setTimeout(end, timeout);
  function end() {
    hung = true;
    if (child.pid) process.kill(-child.pid, 'SIGKILL');
  }
  process.once('exit', end);
  await new Promise((resolve) => child.once('close', resolve));
  clearTimeout(timer);
  process.off('exit', end);
  return { output: Buffer.concat(chunks).toString(), hung };
}

const quoted = (text: string) => `'${text.replaceAll("'", "'\\''")}'`;

/** The file of a patch's test. */
export const testFileOf = ({ test }: Patch) => `${test.package} ${test.file}`;

/** @param patches all patches of this run */
export function createTestRunner(patches: Patch[]) {
  /** How long the tests of each file take on the code as it is, in milliseconds. */
  const unmutated = new Map<string, Promise<number>>();

  /**
   * Runs the tests of a patch's test file whose name contains one of `names`; without names, the whole file.
   * @returns the number of failed tests, 1 for a hanging one, and the end of the output
   */
  async function runTests({ file, test }: Patch, names: string[], timeout?: number): Promise<{ failed: number; output: string }> {
    const folder = folderOf(test.package);
    if (test.package === '@agentbot/e2e') {
      const { output } = await run('pnpm exec turbo run build --filter=@agentbot/web', root, { TURBO_TELEMETRY_DISABLED: '1' });
      if (!/Failed:|successful, /.test(output) || /ERROR/.test(output)) throw new Error(`No build:\n${output.slice(-2_000)}`);
    }
    const { scripts } = JSON.parse(await readFile(path.join(folder, 'package.json'), 'utf8')) as { scripts: { test: string } };
    const only = names.length > 0 ? ` -t ${quoted(names.join('|'))}` : '';
    // A changed migration reaches a database of its own only.
    const env = file.endsWith('.sql') ? { TEST_POSTGRES_URL: '' } : {};
    const { output, hung } = await run(`${scripts.test} ${quoted(test.file)}${only}`, folder, env, timeout);
    if (hung) return { failed: 1, output };
    const [, passed, failed] = /: (\d+) passed, (\d+) failed/.exec(output) ?? [];
    // A file that does not load notices nothing: it would fail whatever the fault is.
    if (failed === undefined || Number(passed) + Number(failed) === 0) throw new Error(`No test was run:\n${output.slice(-2_000)}`);
    return { failed: Number(failed), output };
  }

  /** Runs the tests of a file that patches name, on the code as it is. @throws Error when one fails: a test that is red anyway notices nothing */
  async function measure(patch: Patch): Promise<number> {
    const from = Date.now();
    const names = patches.filter((each) => testFileOf(each) === testFileOf(patch)).map(({ test }) => test.name);
    const { failed, output } = await runTests(patch, names.includes(undefined) ? [] : [...new Set(names as string[])]);
    if (failed > 0) throw new Error(`${testFileOf(patch)} fails without a patch:\n${output.slice(-4_000)}`);
    return Date.now() - from;
  }

  /** As `measure`, once for each file. */
  function unmutatedMs(patch: Patch): Promise<number> {
    const known = unmutated.get(testFileOf(patch)) ?? measure(patch);
    unmutated.set(testFileOf(patch), known);
    return known;
  }

  /** Applies a patch, runs its test and restores the file, whatever happens. @returns whether the test noticed the fault */
  return async function isKilled(patch: Patch): Promise<boolean> {
    const file = path.join(root, patch.file);
    const original = await readFile(file, 'utf8');
    const places = original.split(patch.find).length - 1;
    if (places !== 1) throw new Error(`${patch.id}: "${patch.find}" stands ${places} times in ${patch.file}, not once`);
    const timeout = (await unmutatedMs(patch)) + HANGS_AFTER_MS;
    const restore = () => writeFileSync(file, original);
    process.once('exit', restore);
    try {
      await writeFile(
        file,
        original.replace(patch.find, () => patch.replace),
      );
      return (await runTests(patch, patch.test.name ? [patch.test.name] : [], timeout)).failed > 0;
    } finally {
      process.off('exit', restore);
      restore();
    }
  };
}
