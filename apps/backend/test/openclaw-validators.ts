import { spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import path from 'node:path';

const script = await readFile(path.join(import.meta.dirname, 'validate-configs.mjs'), 'utf8');

/** Validates the configurations with the OpenClaw of an image, in one container. @returns the issues of each configuration */
export function validateInImage(image: string, configs: object[]): Promise<string[][]> {
  const run = ['run', '--rm', '--interactive', '--network', 'none', '--entrypoint', 'node', image];
  return new Promise((resolve, reject) => {
    const child = spawn('docker', [...run, '--input-type=module', '-e', script], { stdio: ['pipe', 'pipe', 'pipe'] });
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
