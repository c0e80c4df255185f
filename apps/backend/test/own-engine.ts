import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { chmod, mkdtemp, open, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import Docker from 'dockerode';

/**
 * Starts a second Docker Engine that holds one image. A test can kill and restart it without effect on the host's engine.
 * It does not touch the host's packet filter. Needs root.
 */
export async function startOwnEngine(image: string, moreFlags: Record<string, string> = {}) {
  if (process.getuid?.() !== 0) throw new Error('A second Docker Engine needs root: run this test as root');
  const folder = await mkdtemp(path.join(os.tmpdir(), 'agentbot-engine-'));
  // Root in a user namespace passes through it.
  await chmod(folder, 0o711);
  const pathOf = (name: string) => path.join(folder, name);
  // Without its own bridge the second engine would take the bridge of the first.
  const bridge = `agentbot${randomInt(10_000)}`;
  execFileSync('ip', ['link', 'add', bridge, 'type', 'bridge']);
  execFileSync('ip', ['address', 'add', '10.236.0.1/24', 'dev', bridge]);
  execFileSync('ip', ['link', 'set', bridge, 'up']);
  const log = await open(pathOf('log'), 'a');
  const stdio = ['ignore', log.fd, log.fd] as const;
  await writeFile(
    pathOf('containerd.toml'),
    [
      'version = 2',
      'disabled_plugins = ["io.containerd.grpc.v1.cri"]',
      `root = "${pathOf('containerd')}"`,
      `state = "${pathOf('containerd-state')}"`,
      `[grpc]\naddress = "${pathOf('containerd.sock')}"`,
    ].join('\n'),
  );
  // containerd and its containers survive the engine, as in an installation.
  const containerd = spawn('containerd', ['--config', pathOf('containerd.toml')], { stdio: [...stdio] });
  const docker = new Docker({ socketPath: pathOf('docker.sock') });
  let engine: ChildProcess;

  async function start(): Promise<void> {
    const flags = {
      containerd: pathOf('containerd.sock'),
      'data-root': pathOf('data'),
      'exec-root': pathOf('exec'),
      pidfile: pathOf('pid'),
      host: `unix://${pathOf('docker.sock')}`,
      bridge,
      iptables: 'false',
      'ip-masq': 'false',
      ...moreFlags,
    };
    engine = spawn(
      'dockerd',
      Object.entries(flags).map(([flag, value]) => `--${flag}=${value}`),
      { stdio: [...stdio] },
    );
    for (let tries = 0; tries < 240; tries++) {
      if (engine.exitCode !== null) break;
      if (await docker.ping().catch(() => false)) return;
      await sleep(250);
    }
    throw new Error(`The second engine did not start; see ${pathOf('log')}`);
  }
  async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill(signal);
    await once(child, 'exit');
  }
  await start();
  const content = await new Docker().getImage(image).get();
  const loading = await docker.loadImage(content);
  await new Promise<void>((resolve, reject) => docker.modem.followProgress(loading, (error) => (error ? reject(error) : resolve())));

  return {
    docker,
    dockerHost: `unix://${pathOf('docker.sock')}`,
    start,
    kill: () => end(engine, 'SIGKILL'),
    async stop(): Promise<void> {
      for (const { Id } of await docker.listContainers({ all: true })) await docker.getContainer(Id).remove({ force: true });
      await docker.pruneNetworks();
      await end(engine, 'SIGTERM');
      await end(containerd, 'SIGTERM');
      await log.close();
      execFileSync('ip', ['link', 'delete', bridge]);
      // A killed engine leaves its mounts.
      const mounts = (await readFile('/proc/mounts', 'utf8')).split('\n').map((line) => line.split(' ')[1] ?? '');
      for (const mount of mounts.filter((each) => each.startsWith(`${folder}/`)).reverse()) execFileSync('umount', ['--lazy', mount]);
      await rm(folder, { recursive: true, force: true });
    },
  };
}

export type OwnEngine = Awaited<ReturnType<typeof startOwnEngine>>;
