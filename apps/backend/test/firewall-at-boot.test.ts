import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from '@jest/globals';

/** The packet filter's rules in network namespaces of their own, with the machine's real iptables; needs the superuser. */

const root = path.join(import.meta.dirname, '../../..');
const SUBNET = '10.99.0.0/16';
/** What an operator has of their own. */
const operators = ['-A INPUT -p tcp -m tcp --dport 22 -j ACCEPT', '-A DOCKER-USER -s 192.0.2.0/24 -j DROP'];
const before = ['iptables -N DOCKER-USER', ...operators.map((rule) => `iptables ${rule}`)];
const close = `cd ${root}/apps/backend && AGENT_SUBNET=${SUBNET} EGRESS_PORT=18999 ${process.execPath} src/app/cli/host-firewall.ts > /dev/null`;
const script = `sh ${root}/docs/agentbot-firewall.sh`;
let folder: string;
let rules: string;

beforeAll(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'agentbot-firewall-'));
  rules = path.join(folder, 'rules');
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Runs commands one after another on a host that has just started. @returns what its tables are then, a rule a line */
async function onNewHost(...commands: string[]): Promise<string[]> {
  const env = { PATH: process.env.PATH, AGENTBOT_FIREWALL_RULES: rules };
  const given = ['--net', 'sh', '-ec', [...commands, 'iptables-save'].join('\n')];
  const { stdout } = await promisify(execFile)('unshare', given, { env });
  return stdout.split('\n').filter((line) => /^(:|-A)/.test(line));
}
const of = (chain: string, lines: string[]) => lines.filter((line) => line.startsWith(`-A ${chain} `));
const own = (lines: string[]) => lines.filter((line) => /^(:|-A )AGENTBOT-/.test(line));
const [ssh = '', drop = ''] = operators;
const jumps = {
  INPUT: `-A INPUT -s ${SUBNET} -j AGENTBOT-HOST-10.99`,
  'DOCKER-USER': `-A DOCKER-USER -s ${SUBNET} -j AGENTBOT-FWD-10.99`,
  PREROUTING: '-A PREROUTING -s 10.99.128.0/17 -j AGENTBOT-OUT-10.99',
};

test('the rules that the service has made are kept, and restored beside those of the operator, however often', async () => {
  const made = await onNewHost(...before, close, `${script} save`);
  expect(own(made).length).toBeGreaterThan(20);
  for (const times of [1, 3]) {
    const restored = await onNewHost(...before, ...Array(times).fill(`${script} restore`));
    expect(of('INPUT', restored)).toEqual([jumps.INPUT, ssh]);
    expect(of('DOCKER-USER', restored)).toEqual([jumps['DOCKER-USER'], drop]);
    expect(of('PREROUTING', restored)).toEqual([jumps.PREROUTING]);
    expect(own(restored)).toEqual(own(made));
  }
});

test('the jumps go above what was let in since, and doubled ones go', async () => {
  const doubled = [`iptables ${jumps.INPUT}`, `iptables ${jumps.INPUT}`, 'iptables -I INPUT -s 198.51.100.0/24 -j ACCEPT'];
  const restored = await onNewHost(...before, `${script} restore`, ...doubled, `${script} restore`);
  expect(of('INPUT', restored)).toEqual([jumps.INPUT, '-A INPUT -s 198.51.100.0/24 -j ACCEPT', ssh]);
});

test('a host on which the engine has never run gets the chain in which the engine looks', async () => {
  const restored = await onNewHost(`${script} restore`);
  expect(of('DOCKER-USER', restored)).toEqual([jumps['DOCKER-USER']]);
});

test('nothing is kept of a host that is open, and nothing restored without rules', async () => {
  const kept = await readFile(rules, 'utf8');
  await expect(onNewHost(...before, `${script} save`)).rejects.toMatchObject({ code: 1, stderr: expect.stringContaining('not closed') });
  expect(await readFile(rules, 'utf8')).toBe(kept);
  await writeFile(rules, '*filter\nCOMMIT\n');
  await expect(onNewHost(`${script} restore`)).rejects.toMatchObject({ code: 1, stderr: expect.stringContaining('There are no rules') });
  await rm(rules);
  await expect(onNewHost(`${script} restore`)).rejects.toMatchObject({ code: 1 });
});

test('the backend keeps each jump once and on top, beside rules of others that were put above it', async () => {
  const other = 'iptables -I INPUT -s 198.51.100.0/24 -j ACCEPT';
  const closed = await onNewHost(...before, close, other, close, other, close, close);
  const accept = '-A INPUT -s 198.51.100.0/24 -j ACCEPT';
  expect(of('INPUT', closed)).toEqual([jumps.INPUT, accept, accept, ssh]);
  expect(of('DOCKER-USER', closed)).toEqual([jumps['DOCKER-USER'], drop]);
  expect(of('PREROUTING', closed)).toEqual([jumps.PREROUTING]);
});

test('an installation is closed beside another whose subnet begins alike', async () => {
  const another = close.replace(SUBNET, '10.9.0.0/16');
  const closed = await onNewHost(...before, close, another, close, another);
  expect(of('INPUT', closed).sort()).toEqual([jumps.INPUT, '-A INPUT -s 10.9.0.0/16 -j AGENTBOT-HOST-10.9', ssh].sort());
});
