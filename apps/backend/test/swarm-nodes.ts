import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, mkdtemp, open, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { pollUntil } from '@agentbot/test-doubles/poll-until';
import Docker from 'dockerode';
import { createEngineProxy } from '../src/edge/engine-proxy/engine-proxy.ts';
import { openAuthority } from '../src/infra/swarm/authority.ts';
import { BACKEND_NAME, nodeName } from '../src/infra/swarm/credentials.ts';
import { ensureNodeServices } from '../src/infra/swarm/node-services.ts';

const run = (program: string, ...args: string[]) => execFileSync(program, args, { stdio: ['ignore', 'pipe', 'pipe'] }).toString();

/** A free port of this machine. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '0.0.0.0');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, 'close');
  return port;
}

async function end(child: ChildProcess, signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill(signal);
  await once(child, 'exit');
}

/**
 * Starts real Docker Engines, each in a network namespace with an address of its own, and joins them to one swarm. Each has the node's
 * service and the host firewall. Needs root.
 * @param count the number of nodes; the first one is the manager
 * @param settings of the nodes' services
 * @param serviceImage an image of this machine's engine with the nodes' service, which the swarm then runs; by default it is a process beside
 *   each engine
 */
export async function startSwarm(count: number, settings: Record<string, string>, serviceImage?: string) {
  if (process.getuid?.() !== 0) throw new Error('A swarm of engines needs root: run this test as root');
  const folder = await mkdtemp(path.join(os.tmpdir(), 'agentbot-swarm-'));
  const tag = `abt${randomInt(100_000)}`;
  const bridge = `${tag}b`;
  const prefix = `10.${randomInt(150, 190)}.250`;
  const trafficPort = await freePort();
  const certificates = path.join(folder, 'certificates');
  await mkdir(certificates);
  const authority = await openAuthority(path.join(folder, 'authority'), new Date());
  await writeFile(path.join(certificates, 'backend.json'), JSON.stringify(await authority.issue(BACKEND_NAME)));

  run('ip', 'link', 'add', bridge, 'type', 'bridge');
  run('ip', 'address', 'add', `${prefix}.1/24`, 'dev', bridge);
  run('ip', 'link', 'set', bridge, 'up');
  // With br_netfilter, Docker's rules see the bridge's packets too.
  const forward = ['FORWARD', '-i', bridge, '-o', bridge, '-j', 'ACCEPT'];
  run('iptables', '-w', '10', '-I', ...forward);

  async function startNode(index: number) {
    const namespace = `${tag}n${index}`;
    const address = `${prefix}.${index + 10}`;
    const at = (name: string) => path.join(folder, `node${index}`, name);
    await mkdir(at('certificates'), { recursive: true });
    const log = await open(at('log'), 'a');
    run('ip', 'netns', 'add', namespace);
    run('ip', 'link', 'add', `${tag}v${index}`, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', namespace);
    run('ip', 'link', 'set', `${tag}v${index}`, 'master', bridge, 'up');
    run('ip', '-n', namespace, 'link', 'set', 'lo', 'up');
    run('ip', '-n', namespace, 'address', 'add', `${address}/24`, 'dev', 'eth0');
    run('ip', '-n', namespace, 'link', 'set', 'eth0', 'up');
    run('ip', '-n', namespace, 'route', 'add', 'default', 'via', `${prefix}.1`);
    // Not `ip netns exec`: it remounts /sys, without the control groups that the engine needs.
    const inside = (program: string, args: string[], env: NodeJS.ProcessEnv = process.env) =>
      spawn('nsenter', [`--net=/run/netns/${namespace}`, program, ...args], { stdio: ['ignore', log.fd, log.fd], env });
    const docker = new Docker({ socketPath: at('docker.sock') });
    let engine: ChildProcess;
    let service: ChildProcess | undefined;
    let id = '';

    async function startEngine(): Promise<void> {
      const flags = `--data-root ${at('data')} --exec-root ${at('exec')} --pidfile ${at('pid')} -H unix://${at('docker.sock')} --live-restore=false`;
      const prepare = 'mount --make-rprivate / && mkdir -p /run/docker && mount -t tmpfs tmpfs /run/docker';
      engine = inside('unshare', ['-m', 'sh', '-c', `${prepare} && exec dockerd ${flags}`]);
      await pollUntil(`the engine of node ${index} answers`, () => docker.ping().then(Boolean, () => false), { seconds: 60, everyMs: 200 });
      // The engine's usual place, as the engine and its containers see it.
      run('nsenter', `--mount=/proc/${engine.pid}/ns/mnt`, 'mount', '--bind', at('docker.sock'), '/run/docker.sock');
    }
    function startService(): void {
      service = inside(process.execPath, ['src/app/cli/node-service.ts', at('docker.sock')], {
        PATH: process.env.PATH,
        SWARM_CERTIFICATES: at('certificates'),
        SWARM_BACKENDS: `${prefix}.1:${trafficPort}`,
        ...settings,
      });
    }
    await startEngine();

    return {
      address,
      docker,
      socketPath: at('docker.sock'),
      get id() {
        return id;
      },
      async joined(): Promise<void> {
        id = (await docker.info()).Swarm.NodeID;
        await writeFile(at('certificates/node.json'), JSON.stringify(await authority.issue(nodeName(id))));
        if (!serviceImage) startService();
        const firewall = inside(process.execPath, ['src/app/cli/host-firewall.ts', '--once'], { PATH: process.env.PATH, ...settings });
        await once(firewall, 'exit');
      },
      log: () => readFile(at('log'), 'utf8'),
      /** As if the machine lost its power: the engine, its containers and the service end at once. */
      async lose(): Promise<void> {
        const containers = await docker.listContainers();
        const states = await Promise.all(containers.map(({ Id }) => docker.getContainer(Id).inspect()));
        if (service) await end(service, 'SIGKILL');
        await end(engine, 'SIGKILL');
        // The containers' supervisors would outlive a killed engine, but no machine.
        for (const { State } of states) {
          try {
            process.kill(State.Pid, 'SIGKILL');
          } catch {}
        }
        const containerd = await readFile(at('exec/containerd/containerd.pid'), 'utf8').catch(() => '');
        if (containerd) process.kill(Number(containerd), 'SIGKILL');
      },
      async comeBack(): Promise<void> {
        await rm(at('pid'), { force: true });
        await startEngine();
        startService();
      },
      async stop(): Promise<void> {
        for (const { Id } of await docker.listContainers({ all: true }).catch(() => [])) {
          await docker
            .getContainer(Id)
            .remove({ force: true })
            .catch(() => undefined);
        }
        if (service) await end(service, 'SIGKILL');
        await end(engine);
        await log.close();
        run('ip', 'netns', 'delete', namespace);
      },
    };
  }

  const nodes: Awaited<ReturnType<typeof startNode>>[] = [];
  for (let index = 0; index < count; index++) nodes.push(await startNode(index));
  const [manager] = nodes as [(typeof nodes)[number]];
  await manager.docker.swarmInit({
    AdvertiseAddr: manager.address,
    ListenAddr: '0.0.0.0:2377',
    DefaultAddrPool: ['10.191.0.0/16'],
    SubnetSize: 24,
  });
  const { JoinTokens } = (await manager.docker.swarmInspect()) as { JoinTokens: { Worker: string } };
  for (const node of nodes.slice(1)) {
    const join = {
      AdvertiseAddr: node.address,
      ListenAddr: '0.0.0.0:2377',
      RemoteAddrs: [`${manager.address}:2377`],
      JoinToken: JoinTokens.Worker,
    };
    await node.docker.swarmJoin(join);
  }
  await Promise.all(nodes.map((node) => node.joined()));
  async function load(image: string, node: (typeof nodes)[number]): Promise<void> {
    const loading = await node.docker.loadImage(await new Docker().getImage(image).get());
    await new Promise<void>((resolve, reject) => node.docker.modem.followProgress(loading, (error) => (error ? reject(error) : resolve())));
  }
  /** What `pnpm swarm:nodes` does. */
  const ensureServices = (now = new Date()) =>
    ensureNodeServices(
      manager.docker,
      {
        installation: settings.INSTALLATION ?? 'default',
        image: serviceImage ?? '',
        environment: { ...settings, SWARM_BACKENDS: `${prefix}.1:${trafficPort}` },
        authorityFolder: path.join(folder, 'authority'),
        certificatesFolder: certificates,
      },
      now,
    );
  // As in production: the backend has no other way to the manager.
  const proxySocket = path.join(folder, 'proxy.sock');
  const refused: string[] = [];
  const proxy = createEngineProxy({
    socketPath: manager.socketPath,
    agentSubnet: settings.AGENT_SUBNET ?? '',
    installation: settings.INSTALLATION ?? '',
    isSwarm: true,
    onCall: (method, url, allowed) => {
      if (!allowed) refused.push(`${method} ${url}`);
    },
  });
  await once(proxy.listen(proxySocket), 'listening');
  if (serviceImage) {
    await Promise.all(nodes.map((node) => load(serviceImage, node)));
    await ensureServices();
  }

  return {
    nodes,
    /** The address of the machine that runs the backend. */
    bridgeAddress: `${prefix}.1`,
    /** Issues a certificate of this swarm. */
    issue: authority.issue,
    /** The settings of a backend on this swarm. */
    settings: {
      CONTAINER_HOST: 'swarm',
      DOCKER_HOST: `unix://${proxySocket}`,
      SWARM_CERTIFICATES: certificates,
      SWARM_TRAFFIC_PORT: String(trafficPort),
      SWARM_NODE_PORT: settings.SWARM_NODE_PORT ?? '10200',
      HOST_FIREWALL: 'off',
    },
    ensureServices,
    /** What the engine proxy on the manager has refused. */
    refused,
    proxySocket,
    /** Copies an image of this machine's engine to a node. */
    load: (image: string, node = manager) => load(image, node),
    async stop(): Promise<void> {
      proxy.closeAllConnections();
      proxy.close();
      await Promise.all(nodes.map((node) => node.stop()));
      run('iptables', '-w', '10', '-D', ...forward);
      run('ip', 'link', 'delete', bridge);
      const mounts = (await readFile('/proc/mounts', 'utf8')).split('\n').map((line) => line.split(' ')[1] ?? '');
      for (const mount of mounts.filter((each) => each.startsWith(`${folder}/`)).reverse()) run('umount', '--lazy', mount);
      await rm(folder, { recursive: true, force: true });
    },
  };
}

export type TestSwarm = Awaited<ReturnType<typeof startSwarm>>;
