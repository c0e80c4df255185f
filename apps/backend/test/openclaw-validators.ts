import { spawn } from 'node:child_process';
import { mkdir, readFile, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { installOpenclaw } from '@agentbot/openclaw-image/npm-packages';
import { versionFacts } from '@agentbot/openclaw-image/version-facts';

const script = await readFile(path.join(import.meta.dirname, 'validate-configs.mjs'), 'utf8');

/** What a version's own validator refuses in each configuration; one process for all of them. */
function validate(program: string, args: string[], cwd: string, configs: object[]): Promise<string[][]> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, [...args, '--input-type=module', '-e', script], { cwd, stdio: ['pipe', 'pipe', 'pipe'] });
    const output = { stdout: '', stderr: '' };
    for (const name of ['stdout', 'stderr'] as const) {
      child[name].setEncoding('utf8').on('data', (text: string) => {
        output[name] += text;
      });
    }
    child.on('error', reject);
    child.on('close', (code) => {
      if (code === 0) resolve(JSON.parse(output.stdout.trim().split('\n').at(-1) ?? ''));
      else reject(new Error(`The validator ended with ${code}: ${output.stderr.slice(-2000)}`));
    });
    child.stdin.end(JSON.stringify(configs));
  });
}

/** The validator of the OpenClaw in an image. */
export function validateInImage(image: string, configs: object[]): Promise<string[][]> {
  const args = ['run', '--rm', '--interactive', '--network', 'none', '--entrypoint', 'node', image];
  return validate('docker', args, '.', configs);
}

/** The validator of a version from npm, which is installed once for all runs on this machine's own Node.js. */
export async function validateOnHost(version: string, configs: object[]): Promise<string[][]> {
  const folder = path.join(import.meta.dirname, `../node_modules/.cache/openclaw-${version}`);
  const installed = await readFile(path.join(folder, 'package.json')).catch(() => null);
  if (!installed) {
    const draft = `${folder}.${process.pid}`;
    await mkdir(draft, { recursive: true });
    // Its install script prepares the gateway's own files, which validating needs none of.
    await installOpenclaw(version, { ...versionFacts(version), needsInstallScript: false }, draft, path.dirname(process.execPath));
    await rename(draft, folder).catch(() => rm(draft, { recursive: true, force: true }));
  }
  return validate(process.execPath, [], folder, configs);
}
