import { mkdir, rm, writeFile } from 'node:fs/promises';
import { delimiter, dirname, join } from 'node:path';
import { run } from './command.ts';
import { env } from './env.ts';
import type { VersionFacts } from './version-facts.ts';

/** Puts the Node.js binary of the npm package `node-linux-<arch>` at the path given. */
export async function fetchNode(nodeVersion: string, path: string): Promise<void> {
  const directory = dirname(path);
  await mkdir(directory, { recursive: true });
  const name = `node-linux-${process.arch}`;
  const pack = ['pack', `${name}@${nodeVersion}`, '--silent', '--prefer-offline', '--pack-destination', directory];
  const archive = join(directory, await run('npm', pack));
  await run('tar', ['--extract', '--file', archive, '--directory', directory, '--strip-components=2', 'package/bin/node']);
  await rm(archive);
}

/** Installs OpenClaw with its dependencies into a folder, under the Node.js that will run it. */
export async function installOpenclaw(version: string, facts: VersionFacts, directory: string, nodeDirectory: string) {
  await mkdir(directory, { recursive: true });
  const manifest = { private: true, dependencies: { openclaw: version }, overrides: facts.overrides };
  await writeFile(join(directory, 'package.json'), JSON.stringify(manifest));
  const environment = { cwd: directory, env: { PATH: `${nodeDirectory}${delimiter}${env.PATH}` } };
  const flags = ['--omit=dev', '--prefer-offline', '--ignore-scripts', '--no-audit', '--no-fund', '--no-package-lock', '--loglevel=error'];
  await run('npm', ['install', ...flags], environment);
  if (facts.needsInstallScript) await run('npm', ['rebuild', 'openclaw', '--loglevel=error'], environment);
}
