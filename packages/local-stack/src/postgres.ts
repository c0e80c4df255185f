import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chownSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import pg from 'pg';
import { postgresBinaries, reachable, reachableTwin, serverUser } from './postgres-binaries.ts';

const run = promisify(execFile);

interface Options {
  /** The folder for data, password and log. */
  dataDir: string;
  /** The preferred port; a random free port if it is in use. */
  port?: number;
  /** False turns fsync off: fast, but a power cut loses data. For tests. */
  durable: boolean;
}

export interface LocalPostgres {
  port: number;
  /** Whether a server of an earlier run was reused. */
  wasRunning: boolean;
  url(database?: string): string;
  stop(): Promise<void>;
}

function freePort(preferred = 0): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', () => (preferred ? resolve(freePort()) : reject(new Error('No port is free for Postgres'))));
    probe.listen(preferred, '127.0.0.1', () => {
      const { port } = probe.address() as { port: number };
      probe.close(() => resolve(port));
    });
  });
}

async function usableFolder(dataDir: string): Promise<string> {
  mkdirSync(dataDir, { recursive: true, mode: 0o711 });
  const folder = (await reachable(dataDir)) ? dataDir : path.join(reachableTwin(dataDir), 'data');
  mkdirSync(folder, { recursive: true, mode: 0o711 });
  return folder;
}

/** The superuser's password, created once; only the owner of the checkout can read it. */
function passwordIn(folder: string): string {
  const file = path.join(folder, 'password');
  if (!existsSync(file)) writeFileSync(file, randomBytes(24).toString('hex'), { mode: 0o600 });
  return readFileSync(file, 'utf8');
}

/**
 * Starts a real Postgres on 127.0.0.1 with password authentication, or reuses the server of an earlier run. Under root the
 * server runs as an unprivileged user.
 * @throws Error with the end of the server's log when the server does not start
 */
export async function startPostgres({ dataDir, port, durable }: Options): Promise<LocalPostgres> {
  const bin = await postgresBinaries();
  const folder = await usableFolder(dataDir);
  const cluster = path.join(folder, 'cluster');
  const log = path.join(cluster, 'server.log');
  const password = passwordIn(folder);
  const options = { ...serverUser, cwd: os.tmpdir(), env: { PATH: process.env.PATH, LC_ALL: 'C', TZ: 'UTC' } };
  const control = (...args: string[]) => run(path.join(bin, 'pg_ctl'), ['-D', cluster, ...args], options);

  if (!existsSync(path.join(cluster, 'PG_VERSION'))) {
    rmSync(cluster, { recursive: true, force: true });
    mkdirSync(cluster, { mode: 0o700 });
    if (serverUser) chownSync(cluster, serverUser.uid, serverUser.gid);
    // initdb needs an empty folder, so the password file must be outside it.
    const passwordFile = path.join(os.tmpdir(), `agentbot-initdb-${randomBytes(6).toString('hex')}`);
    writeFileSync(passwordFile, password, { mode: 0o600 });
    if (serverUser) chownSync(passwordFile, serverUser.uid, serverUser.gid);
    try {
      await run(
        path.join(bin, 'initdb'),
        ['-D', cluster, '-U', 'postgres', '-A', 'scram-sha-256', `--pwfile=${passwordFile}`, '-E', 'UTF8', '--locale=C', '--no-sync'],
        options,
      );
    } finally {
      rmSync(passwordFile, { force: true });
    }
  }

  const alive = await control('status').then(
    () => true,
    () => false,
  );
  let listening: number;
  if (alive) {
    listening = Number(readFileSync(path.join(cluster, 'postmaster.pid'), 'utf8').split('\n')[3]);
  } else {
    listening = await freePort(port);
    const settings = [
      "unix_socket_directories=''",
      'max_connections=300',
      ...(durable ? [] : ['fsync=off', 'synchronous_commit=off', 'full_page_writes=off']),
    ];
    const flags = `-p ${listening} -h 127.0.0.1 ${settings.map((setting) => `-c ${setting}`).join(' ')}`;
    await control('-w', '-l', log, '-o', flags, 'start').catch((cause) => {
      const tail = existsSync(log) ? readFileSync(log, 'utf8').split('\n').slice(-8).join('\n') : '';
      throw new Error(`The embedded Postgres did not start:\n${tail}`, { cause });
    });
  }

  return {
    port: listening,
    wasRunning: alive,
    url: (database = 'postgres') => `postgresql://postgres:${password}@127.0.0.1:${listening}/${database}`,
    stop: () => control('-m', 'fast', '-w', 'stop').then(() => undefined),
  };
}

/** Removes the data of `startPostgres`, also from the replacement of an unreachable folder. The server must be stopped. */
export function removePostgresData(dataDir: string): void {
  for (const folder of [dataDir, reachableTwin(dataDir)]) rmSync(folder, { recursive: true, force: true });
}

/** Creates a database as a copy of `template`, unless it exists; `adminUrl` connects to any other database of the server. */
export async function createDatabase(adminUrl: string, name: string, template = 'template1'): Promise<void> {
  const client = new pg.Client({ connectionString: adminUrl });
  await client.connect();
  try {
    const { rowCount } = await client.query('SELECT 1 FROM pg_database WHERE datname = $1', [name]);
    if (!rowCount) await client.query(`CREATE DATABASE ${pg.escapeIdentifier(name)} TEMPLATE ${pg.escapeIdentifier(template)}`);
  } finally {
    await client.end();
  }
}
