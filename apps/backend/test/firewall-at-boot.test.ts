import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from '@jest/globals';

/** Applies, saves and restores the firewall's rules with the host's real iptables, each time in a new network namespace. Needs root. */

const root = path.join(import.meta.dirname, '../../..');
const SUBNET = '10.99.0.0/16';
/** Rules that the operator added. */
const operatorRules = ['-A INPUT -p tcp -m tcp --dport 22 -j ACCEPT', '-A DOCKER-USER -s 192.0.2.0/24 -j DROP'];
const withOperatorRules = ['iptables -N DOCKER-USER', ...operatorRules.map((rule) => `iptables ${rule}`)];
const applyRules = `cd ${root}/apps/backend && AGENT_SUBNET=${SUBNET} EGRESS_PORT=18999 ${process.execPath} src/app/cli/host-firewall.ts > /dev/null`;
const script = `sh ${root}/docs/agentbot-firewall.sh`;
let folder: string;
let rules: string;

beforeAll(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'agentbot-firewall-'));
  rules = path.join(folder, 'rules');
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Runs the commands as on a host that has just booted. @returns the tables afterwards, one rule per line */
async function onNewHost(...commands: string[]): Promise<string[]> {
  const env = { PATH: process.env.PATH, AGENTBOT_FIREWALL_RULES: rules };
  const args = ['--net', 'sh', '-ec', [...commands, 'iptables-save'].join('\n')];
  const { stdout } = await promisify(execFile)('unshare', args, { env });
  return stdout.split('\n').filter((line) => /^(:|-A)/.test(line));
}
const rulesIn = (chain: string, lines: string[]) => lines.filter((line) => line.startsWith(`-A ${chain} `));
const agentbotRules = (lines: string[]) => lines.filter((line) => /^(:|-A )AGENTBOT-/.test(line));
const [ssh = '', drop = ''] = operatorRules;
const jumps = {
  INPUT: `-A INPUT -s ${SUBNET} -j AGENTBOT-HOST-10.99`,
  'DOCKER-USER': `-A DOCKER-USER -s ${SUBNET} -j AGENTBOT-FWD-10.99`,
  PREROUTING: '-A PREROUTING -s 10.99.128.0/17 -j AGENTBOT-OUT-10.99',
};

test('save and restore, run once or three times, keep the service’s rules beside the operator’s rules', async () => {
  const made = await onNewHost(...withOperatorRules, applyRules, `${script} save`);
  expect(agentbotRules(made).length).toBeGreaterThan(20);
  for (const times of [1, 3]) {
    const restored = await onNewHost(...withOperatorRules, ...Array(times).fill(`${script} restore`));
    expect(rulesIn('INPUT', restored)).toEqual([jumps.INPUT, ssh]);
    expect(rulesIn('DOCKER-USER', restored)).toEqual([jumps['DOCKER-USER'], drop]);
    expect(rulesIn('PREROUTING', restored)).toEqual([jumps.PREROUTING]);
    expect(agentbotRules(restored)).toEqual(agentbotRules(made));
  }
});

test('restore moves each jump above rules that were inserted later and removes duplicate jumps', async () => {
  const doubled = [`iptables ${jumps.INPUT}`, `iptables ${jumps.INPUT}`, 'iptables -I INPUT -s 198.51.100.0/24 -j ACCEPT'];
  const restored = await onNewHost(...withOperatorRules, `${script} restore`, ...doubled, `${script} restore`);
  expect(rulesIn('INPUT', restored)).toEqual([jumps.INPUT, '-A INPUT -s 198.51.100.0/24 -j ACCEPT', ssh]);
});

test('restore creates the chain DOCKER-USER on a host where Docker has never run', async () => {
  const restored = await onNewHost(`${script} restore`);
  expect(rulesIn('DOCKER-USER', restored)).toEqual([jumps['DOCKER-USER']]);
});

test('save fails on a host without the rules and keeps the file; restore fails without saved rules', async () => {
  const kept = await readFile(rules, 'utf8');
  await expect(onNewHost(...withOperatorRules, `${script} save`)).rejects.toMatchObject({
    code: 1,
    stderr: expect.stringContaining('not closed'),
  });
  expect(await readFile(rules, 'utf8')).toBe(kept);
  await writeFile(rules, '*filter\nCOMMIT\n');
  await expect(onNewHost(`${script} restore`)).rejects.toMatchObject({ code: 1, stderr: expect.stringContaining('There are no rules') });
  await rm(rules);
  await expect(onNewHost(`${script} restore`)).rejects.toMatchObject({ code: 1 });
});

test('host-firewall.ts, run again, keeps each jump once and above rules that others inserted', async () => {
  const other = 'iptables -I INPUT -s 198.51.100.0/24 -j ACCEPT';
  const closed = await onNewHost(...withOperatorRules, applyRules, other, applyRules, other, applyRules, applyRules);
  const accept = '-A INPUT -s 198.51.100.0/24 -j ACCEPT';
  expect(rulesIn('INPUT', closed)).toEqual([jumps.INPUT, accept, accept, ssh]);
  expect(rulesIn('DOCKER-USER', closed)).toEqual([jumps['DOCKER-USER'], drop]);
  expect(rulesIn('PREROUTING', closed)).toEqual([jumps.PREROUTING]);
});

test('host-firewall.ts adds the rules of two installations whose subnets start with the same digits', async () => {
  const another = applyRules.replace(SUBNET, '10.9.0.0/16');
  const closed = await onNewHost(...withOperatorRules, applyRules, another, applyRules, another);
  expect(rulesIn('INPUT', closed).sort()).toEqual([jumps.INPUT, '-A INPUT -s 10.9.0.0/16 -j AGENTBOT-HOST-10.9', ssh].sort());
});
