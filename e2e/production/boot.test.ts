import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { pollUntil } from '@agentbot/test-doubles/poll-until';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { run } from './command.ts';
import { debianTree } from './debian.ts';
import { bootMachine, type Machine } from './machine.ts';

/** docs/firewall-at-boot.md, followed to the letter on a machine with systemd and Docker's own units, which is then rebooted. */

const root = path.join(import.meta.dirname, '../..');
const SUBNET = '10.99.0.0/16';
const GATEWAY = '10.99.128.1';
/** What an agent must not reach: a service of the host. */
const DOOR = `[Service]\nExecStart=/bin/busybox httpd -f -p 7777 -h /srv\n[Install]\nWantedBy=multi-user.target\n`;
/** An agent that tries the host's service from its first moment on. */
const AGENT = `while :; do if nc -w 1 ${GATEWAY} 7777 < /dev/null 2> /dev/null; then echo open; else echo closed; fi; sleep 0.1; done`;
/** Units that would reach for this machine's own kernel settings and terminals. */
const MASKED = ['systemd-sysctl', 'systemd-modules-load', 'console-getty', 'getty-static', 'getty@tty1'];

let work: string;
let tree: string;
let machine: Machine | undefined;

const on = (...command: string[]) => (machine as Machine).run(...command);
const inTree = (name: string) => path.join(tree, name);
const isActive = (unit: string) => on('systemctl', 'is-active', unit).then(Boolean, () => false);

async function boot(): Promise<void> {
  await machine?.stop();
  machine = undefined;
  machine = await bootMachine(tree);
  // The command fails while units start, and for good when one has failed.
  const state = () => on('systemctl', 'is-system-running').catch(({ message }: Error) => message.split(':\n').at(-1) ?? '');
  await pollUntil('the machine has booted', async () => /^(running|degraded)\s*$/.test(await state()), { everyMs: 200 });
}

/** What the agent found since the machine's last boot. */
async function findings(): Promise<string[]> {
  const since = await on('sh', '-c', 'date --date="$(systemctl show docker --value --property=ExecMainStartTimestamp)" +%s');
  const read = async () => (await on('docker', 'logs', '--since', since, 'agent')).split('\n').filter(Boolean);
  await pollUntil('the agent has tried five times', async () => (await read()).length >= 5, { everyMs: 200 });
  return read();
}

beforeAll(async () => {
  const base = await debianTree('bookworm', ['systemd', 'systemd-sysv', 'docker.io', 'iptables', 'busybox-static', 'ca-certificates']);
  work = await mkdtemp(path.join(os.tmpdir(), 'agentbot-boot-'));
  tree = path.join(work, 'tree');
  await run('cp', ['--archive', base, tree]);
  await writeFile(inTree('etc/systemd/system/door.service'), DOOR);
  await cp(path.join(root, 'docs'), inTree('root/docs'), { recursive: true });
  await boot();
  await on('systemctl', 'mask', ...MASKED.map((name) => `${name}.service`));
  await on('systemctl', 'enable', '--now', 'door.service');
  const programs = 'mkdir /tmp/bin && cd /tmp/bin && cp /bin/busybox . && for name in sh nc sleep; do ln -s busybox $name; done';
  await on('sh', '-ec', `${programs} && tar -c -C /tmp bin | docker import - agent`);
  await on('docker', 'network', 'create', '--subnet', '10.99.128.0/24', '--gateway', GATEWAY, 'agent');
  const options = '--detach --name agent --network agent --restart unless-stopped';
  await on('docker', 'run', ...options.split(' '), 'agent', '/bin/sh', '-c', AGENT);
});
afterAll(async () => {
  await machine?.stop();
  if (work) await rm(work, { recursive: true, force: true });
});

test('without the page’s unit an agent reaches the host after a reboot', async () => {
  await boot();
  expect(await findings()).toContain('open');
});

test('with it, set up as the page says, the host is closed to the agent from its first moment after a reboot', async () => {
  const firewall = [process.execPath, 'src/app/cli/host-firewall.ts'];
  const settings = { AGENT_SUBNET: SUBNET, EGRESS_PORT: '18999', PATH: process.env.PATH };
  await (machine as Machine).runInNetwork(firewall, settings, path.join(root, 'apps/backend'));
  const page = await readFile(path.join(root, 'docs/firewall-at-boot.md'), 'utf8');
  const [, commands = ''] = /```sh\n([\s\S]*?)```/.exec(page) ?? [];
  const [, unit = ''] = /```ini\n([\s\S]*?)```/.exec(page) ?? [];
  const [, file = '', enable = ''] = /Create `(\S+)`, and enable it with `([^`]+)`/.exec(page) ?? [];
  await on('sh', '-ec', `cd /root\n${commands}`);
  await writeFile(inTree(file), unit);
  await on(...enable.split(' '));

  await boot();
  expect(await isActive('docker')).toBe(true);
  expect(new Set(await findings())).toEqual(new Set(['closed']));
  expect((await on('systemctl', 'show', 'docker', '--value', '--property=After')).split(' ')).toContain('agentbot-firewall.service');
});

test('without saved rules the engine does not start, and no agent does', async () => {
  await rm(inTree('etc/agentbot-firewall.rules'));
  await boot();
  expect(await isActive('docker')).toBe(false);
  expect(await on('journalctl', '--boot', '--unit', 'agentbot-firewall', '--output', 'cat')).toContain('There are no rules in');
});
