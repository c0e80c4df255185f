import { copyFile, cp, glob, mkdir, rm, symlink } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { run } from './command.ts';
import { fetchNode, installOpenclaw } from './npm-packages.ts';
import { copySharedLibraries } from './shared-libraries.ts';
import type { BuildFacts, ChannelPlugin } from './versions.ts';

const directories = ['bin', 'dev', 'etc/ssl/certs', 'home/node/.openclaw', 'opt/warm', 'proc', 'sys', 'tmp', 'usr/bin'];
const ownFiles = join(import.meta.dirname, '../rootfs');
const certificates = ['/etc/ssl/certs/ca-certificates.crt', '/etc/pki/tls/certs/ca-bundle.crt', '/etc/ssl/ca-bundle.pem'];

// koffi and davey bring a build for each system they know.
const foreignBuilds = ['node_modules/koffi/build/koffi/*', '**/@snazzah/davey-*'];
const ownBuilds = [`linux_${process.arch}`, `davey-linux-${process.arch}-gnu`];
const unusedFiles = ['**/*.map', '**/*.d.{ts,mts,cts}', '**/openclaw/docs/{zh-CN,ja-JP}'];

async function addBusybox(root: string, busybox: string): Promise<void> {
  await copyFile(busybox, join(root, 'bin/busybox'));
  const applets = (await run(busybox, ['--list'])).split('\n').filter((name) => name !== 'busybox');
  for (const name of applets) await symlink('busybox', join(root, 'bin', name));
  await symlink('/bin/env', join(root, 'usr/bin/env'));
}

async function addCertificates(root: string): Promise<void> {
  for (const path of certificates) {
    const copied = await copyFile(path, join(root, 'etc/ssl/certs/ca-certificates.crt')).then(
      () => true,
      () => false,
    );
    if (copied) return;
  }
  throw new Error('No certificate authorities on this machine: install the Debian package ca-certificates.');
}

async function removeUnusedFiles(app: string): Promise<void> {
  const builds = await Array.fromAsync(glob(foreignBuilds, { cwd: app }));
  const foreign = builds.filter((path) => !ownBuilds.includes(basename(path)));
  const unused = await Array.fromAsync(glob(unusedFiles, { cwd: app }));
  for (const path of [...foreign, ...unused]) await rm(join(app, path), { recursive: true, force: true });
}

/**
 * Lays out the image's files under `root`: busybox, Node.js, OpenClaw, the libraries that they load and our
 * entrypoint. Owners and modes are set when the tree is packed.
 * @returns the channels that OpenClaw does not bundle and the image has
 */
export async function stageRootFilesystem(root: string, version: string, facts: BuildFacts, busybox: string): Promise<ChannelPlugin[]> {
  const app = join(root, 'app');
  const programs = join(root, 'usr/local/bin');
  const node = join(programs, 'node');
  for (const directory of directories) await mkdir(join(root, directory), { recursive: true });

  await fetchNode(facts.node, node);
  const channels = await installOpenclaw(version, facts, app, programs);
  await removeUnusedFiles(app);
  await symlink('/app/node_modules/openclaw/openclaw.mjs', join(programs, 'openclaw'));
  await addBusybox(root, busybox);
  await addCertificates(root);
  await copySharedLibraries(root, node, app);
  await cp(ownFiles, root, { recursive: true });
  return channels;
}
