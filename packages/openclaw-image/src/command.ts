import { spawn } from 'node:child_process';
import { env } from './env.ts';

const DEADLINE_MS = 10 * 60_000;

interface CommandOptions {
  cwd?: string;
  /** Added to our own environment. */
  env?: Record<string, string>;
  /** Keeps the program's standard error from the screen. */
  quiet?: boolean;
}

/**
 * Runs a program and gives back what it wrote to standard output; its standard error is shown as it comes.
 * Throws when the program is missing, does not exit with 0, or is not done within ten minutes.
 */
export function run(program: string, args: string[], options: CommandOptions = {}): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      cwd: options.cwd,
      env: { ...env, ...options.env },
      stdio: ['ignore', 'pipe', options.quiet ? 'ignore' : 'inherit'],
      timeout: DEADLINE_MS,
      killSignal: 'SIGKILL',
    });
    let output = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
    child.on('error', (error: NodeJS.ErrnoException) => {
      reject(error.code === 'ENOENT' ? new Error(`The program "${program}" is needed and not installed.`) : error);
    });
    child.on('close', (code, signal) => {
      if (code === 0) resolve(output.trim());
      else reject(new Error(`${program} ${args[0]} ended with ${signal ?? code}\n${output.slice(-4000)}`));
    });
  });
}
