import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rename, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { run } from './command.ts';

const KEYRING = '/usr/share/keyrings/debian-archive-keyring.gpg';
/** Debian's unstable suite has current versions of Docker's tools, of Postgres and of Caddy. */
export const UNSTABLE = 'sid';

/** The address of the Debian archive that this machine installs packages from. */
export async function archiveAddress(): Promise<string> {
  const [address] = (await run('apt-get', ['indextargets', '--format', '$(REPO_URI)', 'Created-By: Packages'])).split('\n');
  if (!address) throw new Error('apt knows no Debian archive: check /etc/apt/sources.list');
  return address;
}

/** The line of a sources list for a suite. A mirror may be older than the suite's release file is valid. */
export const sourceLine = (address: string, suite: string): string =>
  `deb [signed-by=${KEYRING} check-valid-until=no] ${address} ${suite} main`;

/** Installs Debian packages that this machine lacks. */
export async function installPackages(programs: Record<string, string>): Promise<void> {
  const missing = Object.entries(programs).flatMap(([program, name]) => (existsSync(program) ? [] : [name]));
  if (missing.length === 0) return;
  await run('apt-get', ['update', '-qq']);
  await run('apt-get', ['install', '-y', '-qq', '--no-install-recommends', ...missing], { env: { DEBIAN_FRONTEND: 'noninteractive' } });
}

/**
 * Makes a Debian tree with packages, once per machine.
 * @returns its path; other runs use the same tree, so copy it before you change it
 */
export async function debianTree(suite: string, packages: string[]): Promise<string> {
  const tree = path.join(os.tmpdir(), ['agentbot-debian', suite, ...packages].join('-'));
  if (existsSync(tree)) return tree;
  await installPackages({ '/usr/bin/mmdebstrap': 'mmdebstrap' });
  const work = await mkdtemp(`${tree}.`);
  const source = sourceLine(await archiveAddress(), suite);
  await run('mmdebstrap', ['--quiet', '--variant=minbase', `--include=${packages.join(',')}`, suite, work, source]);
  await rename(work, tree);
  return tree;
}

/** Unpacks packages of the unstable suite into a folder, and leaves this machine's own packages as they are. */
export async function unpackUnstable(names: string[], folder: string): Promise<void> {
  if (existsSync(folder)) return;
  const work = `${folder}.partial`;
  await rm(work, { recursive: true, force: true });
  for (const name of ['lists/partial', 'cache/archives/partial', 'packages', 'root'])
    await mkdir(path.join(work, name), { recursive: true });
  await writeFile(path.join(work, 'sources.list'), `${sourceLine(await archiveAddress(), UNSTABLE)}\n`);
  const options = [
    `Dir::Etc::SourceList=${work}/sources.list`,
    'Dir::Etc::SourceParts=/dev/null',
    `Dir::State::Lists=${work}/lists`,
    `Dir::Cache=${work}/cache`,
    'APT::Sandbox::User=root',
  ].flatMap((option) => ['-o', option]);
  const packages = path.join(work, 'packages');
  await run('apt-get', [...options, 'update', '-qq']);
  await run('apt-get', [...options, 'download', '-qq', ...names], { cwd: packages });
  for (const file of await readdir(packages)) await run('dpkg-deb', ['--extract', path.join(packages, file), path.join(work, 'root')]);
  await rename(path.join(work, 'root'), folder);
  await rm(work, { recursive: true, force: true });
}
