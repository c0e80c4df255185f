import { type ChildProcess, spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { pollUntil } from '@agentbot/test-doubles/poll-until';
import { run } from './command.ts';

const PATH = 'PATH=/usr/local/sbin:/usr/sbin:/usr/bin:/sbin:/bin';

/**
 * Starts systemd as the first process of a Debian tree, in namespaces of its own: what a host with systemd does at boot, without a
 * second kernel. It has a network without a way out, its control groups lie below this machine's. Needs root.
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
    /** As if its power failed. */
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

/** The commands before systemd, in the new namespaces. systemd takes its control groups from where it finds them mounted. */
const inside = (tree: string) => `
  mount --make-rprivate /
  mount --bind ${tree} ${tree}
  mount -t proc proc ${tree}/proc
  mount --rbind /sys ${tree}/sys
  mount --rbind /dev ${tree}/dev
  mount -t tmpfs tmpfs ${tree}/run
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
