import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

const KILL_AFTER_MS = 10_000;

interface Command {
  name: string;
  file: string;
  args: string[];
  cwd: string;
  env: NodeJS.ProcessEnv;
  log: (line: string) => void;
  format: (line: string) => string;
}

/** Starts a child in its own process group, so that a terminal's Ctrl-C reaches it only through `stop`. */
export function startChild({ name, file, args, cwd, env, log, format }: Command) {
  const child: ChildProcess = spawn(file, args, { cwd, env, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
  for (const stream of [child.stdout, child.stderr]) {
    if (stream) createInterface({ input: stream }).on('line', (line) => log(`${name.padEnd(3)} │ ${format(line)}`));
  }
  const exited = once(child, 'exit').then(([code, signal]) => ({ code: code as number | null, signal: signal as string | null }));
  const signalGroup = (signal: NodeJS.Signals) => {
    if (!child.pid || child.exitCode !== null || child.signalCode !== null) return;
    try {
      process.kill(-child.pid, signal);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
    }
  };
  return {
    name,
    exited,
    kill: signalGroup,
    /** Sends SIGTERM, and SIGKILL after ten seconds. */
    async stop() {
      signalGroup('SIGTERM');
      const forceKill = setTimeout(() => signalGroup('SIGKILL'), KILL_AFTER_MS);
      await exited;
      clearTimeout(forceKill);
    },
  };
}

export type Child = ReturnType<typeof startChild>;
