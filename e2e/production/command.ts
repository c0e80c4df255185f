import { spawn } from 'node:child_process';

/** How a program runs. */
export interface CommandOptions {
  cwd?: string;
  env?: NodeJS.ProcessEnv;
  timeoutMs?: number;
  /** Called with each piece of output. */
  onOutput?: (text: string) => void;
}

/** The result of a program: its exit code, and its standard output and error in the order they came. */
export interface CommandResult {
  code: number | null;
  output: string;
}

/** Runs a program to its end, whatever its exit code. @throws Error when it is not installed */
export function attempt(program: string, args: string[], options: CommandOptions = {}): Promise<CommandResult> {
  const { cwd, env, timeoutMs = 10 * 60_000, onOutput } = options;
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      cwd,
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: timeoutMs,
      killSignal: 'SIGKILL',
    });
    let output = '';
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (text: string) => {
        output += text;
        onOutput?.(text);
      });
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, output }));
  });
}

/** Runs a program. @returns its output @throws Error with the end of the output when it fails */
export async function run(program: string, args: string[], options: CommandOptions = {}): Promise<string> {
  const { code, output } = await attempt(program, args, options);
  if (code !== 0) throw new Error(`${program} ${args.join(' ')} ended with ${code}:\n${output.slice(-6000)}`);
  return output.trim();
}
