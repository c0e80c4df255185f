import { type ChildProcess, spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, readFile, readlink, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { pollUntil } from '@agentbot/test-doubles/poll-until';
import { attempt, type CommandOptions, run } from './command.ts';
import { debianTree } from './debian.ts';

const root = path.join(import.meta.dirname, '../..');

const PATH = 'PATH=/usr/local/sbin:/usr/sbin:/usr/bin:/sbin:/bin';

/**
 * Starts systemd as the first process of a Debian tree, in namespaces of its own: what a host with systemd does at boot, without a
 * second kernel. Its network has no connection to others, and its control groups are below this machine's. Needs root.
 * @param tree the path of a Debian tree with systemd; what the machine writes stays there, as on a disk
 */
export async function bootMachine(tree: string) {
  const group = `agentbot-machine-${randomInt(1_000_000)}`;
  const outside = `
    for groups in /sys/fs/cgroup /sys/fs/cgroup/*; do
      [ -w "$groups/cgroup.procs" ] || continue
      mkdir "$groups/${group}"
      # A new group of version 1 has no processors and no memory of its own.
      for name in cpuset.cpus cpuset.mems; do
        [ ! -e "$groups/$name" ] || [ -e "$groups/cgroup.controllers" ] || cat "$groups/$name" > "$groups/${group}/$name"
      done
      echo $$ > "$groups/${group}/cgroup.procs"
    done
    exec unshare --cgroup --mount --pid --fork --net --ipc --uts --kill-child sh -ec '${inside(tree)}'`;
  const holder = spawn('sh', ['-ec', outside], { stdio: ['ignore', 'ignore', 'pipe'] });
  let complaints = '';
  holder.stderr.setEncoding('utf8').on('data', (text: string) => {
    complaints += text;
  });
  const pid = await firstProcess(holder, () => complaints);
  const entered = ['--target', String(pid), '--mount', '--pid', '--net', '--ipc', '--uts', '--root', '--wd'];
  return {
    /** Runs a command of the tree, as root logged in there. @throws Error with its output when it fails */
    run: (...command: string[]) => run('nsenter', [...entered, 'env', '--ignore-environment', PATH, ...command]),
    /** Runs a program of this machine in the network of the other. */
    runInNetwork: (command: string[], env: NodeJS.ProcessEnv, cwd: string) =>
      run('nsenter', ['--target', String(pid), '--net', ...command], { env, cwd }),
    /** Ends all its processes at once, as a power failure does. */
    async stop(): Promise<void> {
      process.kill(pid, 'SIGKILL');
      if (holder.exitCode === null && holder.signalCode === null) await once(holder, 'exit');
      await pollUntil('the control groups are empty', async () => {
        const remove = `for groups in /sys/fs/cgroup/${group} /sys/fs/cgroup/*/${group}; do [ ! -d "$groups" ] || find "$groups" -depth -type d -exec rmdir {} +; done`;
        return run('sh', ['-c', remove]).then(
          () => true,
          () => false,
        );
      });
    },
  };
}

export type Machine = Awaited<ReturnType<typeof bootMachine>>;

/** The commands that mount what each Linux system has into a tree, in a mount namespace of its own. */
const mountsOf = (tree: string) => `
  mount --make-rprivate /
  mount --bind ${tree} ${tree}
  mount -t proc proc ${tree}/proc
  mount --rbind /sys ${tree}/sys
  mount --rbind /dev ${tree}/dev
  mount -t tmpfs tmpfs ${tree}/run`;

/** The commands before systemd, in the new namespaces. systemd takes its control groups from where it finds them mounted. */
const inside = (tree: string) => `
  ${mountsOf(tree)}
  mount -t tmpfs tmpfs ${tree}/sys/fs/cgroup
  if [ -e /sys/fs/cgroup/cgroup.controllers ]; then
    mount -t cgroup2 cgroup ${tree}/sys/fs/cgroup
  else
    while read -r device path type rest; do
      name=\${path#/sys/fs/cgroup/}
      case $type-$name in
      *-/*) continue ;;
      cgroup2-*) options=rw ;;
      cgroup-systemd) options=none,name=systemd ;;
      cgroup-*) options=$name ;;
      *) continue ;;
      esac
      mkdir "${tree}/sys/fs/cgroup/$name"
      mount -t $type -o $options cgroup "${tree}/sys/fs/cgroup/$name"
    done < /proc/mounts
  fi
  exec env --ignore-environment ${PATH} container=agentbot chroot ${tree} /lib/systemd/systemd --system --log-target=journal --show-status=0`;

/** The process that `unshare` started, by its number here. */
async function firstProcess(holder: ChildProcess, complaints: () => string): Promise<number> {
  let found = '';
  await pollUntil('the machine has a first process', async () => {
    if (holder.exitCode !== null) throw new Error(`The machine did not start: ${complaints()}`);
    found = await readFile(`/proc/${holder.pid}/task/${holder.pid}/children`, 'utf8').catch(() => '');
    const name = await readFile(`/proc/${found.trim()}/comm`, 'utf8').catch(() => '');
    return name.trim() === 'systemd';
  });
  return Number(found);
}

/** The names of Debian's packages for a Docker Engine. */
const ENGINE = ['docker.io', 'iptables', 'ca-certificates'];

/**
 * Starts the Docker Engine of another Debian suite in a tree and a network of its own, beside this machine's engine. The network
 * reaches others through this machine. Needs root.
 */
export async function startEngine(suite: string) {
  const tree = await debianTree(suite, ENGINE);
  const work = await mkdtemp(path.join(os.tmpdir(), 'agentbot-engine-'));
  const socket = path.join(work, 'docker.sock');
  const number = randomInt(256);
  const [link, here, there] = [`abe${number}`, `10.249.${number}.1`, `10.249.${number}.2`];
  const commands = `
    ${mountsOf(tree)}
    mount --rbind /tmp ${tree}/tmp
    mkdir -p ${work}/data ${tree}/var/lib/docker ${tree}${root}
    mount --bind ${work}/data ${tree}/var/lib/docker
    mount --rbind ${root} ${tree}${root}
    touch ${tree}/etc/resolv.conf
    mount --bind /etc/resolv.conf ${tree}/etc/resolv.conf
    cd ${tree}
    # The engine enters its containers by the root of their mount namespace, which chroot alone would leave as it is.
    pivot_root . mnt
    umount --lazy /mnt
    exec chroot . dockerd -H unix:///run/docker.sock -H unix://${socket}`;
  const log: string[] = [];
  const engine = spawn('unshare', ['--mount', '--net', 'sh', '-ec', commands], { stdio: ['ignore', 'pipe', 'pipe'] });
  for (const stream of [engine.stdout, engine.stderr]) stream.setEncoding('utf8').on('data', (text: string) => log.push(text));
  const network = ['--target', String(engine.pid), '--net'];
  const route = ['POSTROUTING', '-s', `${there}/32`, '!', '-o', link, '-j', 'MASQUERADE'];
  const forwards = [
    ['FORWARD', '-i', link, '-j', 'ACCEPT'],
    ['FORWARD', '-o', link, '-j', 'ACCEPT'],
  ];
  const iptables = (...rule: string[]) => run('iptables', ['-w', '10', ...rule]);
  const own = await readlink('/proc/self/ns/net');
  await pollUntil('the engine has a network of its own', async () => (await readlink(`/proc/${engine.pid}/ns/net`)) !== own);
  await run('ip', ['link', 'add', link, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', String(engine.pid)]);
  await run('ip', ['address', 'add', `${here}/24`, 'dev', link]);
  await run('ip', ['link', 'set', link, 'up']);
  const connect = `ip link set lo up; ip address add ${there}/24 dev eth0; ip link set eth0 up; ip route add default via ${here}`;
  await run('nsenter', [...network, 'sh', '-ec', connect]);
  await iptables('-t', 'nat', '-A', ...route);
  for (const forward of forwards) await iptables('-I', ...forward);
  await pollUntil('the engine answers', async () => {
    if (engine.exitCode !== null) throw new Error(`The engine did not start:\n${log.slice(-20).join('')}`);
    return (await attempt('docker', ['--host', `unix://${socket}`, 'version'])).code === 0;
  });
  // Where programs look for an engine's socket.
  const enter = `mount --make-rprivate /; touch /run/docker.sock; mount --bind ${socket} /run/docker.sock; cd "$0"; exec "$@"`;

  return {
    version: await run('docker', ['--host', `unix://${socket}`, 'version', '--format', '{{.Server.Version}}']),
    /** Runs a program of this machine that finds this engine instead of the machine's own, on a loopback of its own. */
    attempt: (program: string, args: string[], options: CommandOptions & { cwd: string }) =>
      attempt('nsenter', [...network, 'unshare', '--mount', 'sh', '-ec', enter, options.cwd, program, ...args], options),
    /** Copies images of this machine's engine. */
    load: (images: string[]) => run('sh', ['-ec', `docker save ${images.join(' ')} | docker --host unix://${socket} load`]),
    async stop(): Promise<void> {
      engine.kill();
      if (engine.exitCode === null && engine.signalCode === null) await once(engine, 'exit');
      await iptables('-t', 'nat', '-D', ...route);
      for (const forward of forwards) await iptables('-D', ...forward);
      await rm(work, { recursive: true, force: true });
    },
  };
}
