import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from '@jest/globals';

/** The unit for systemd and the commands of docs/firewall-at-boot.md, against the script that they install. */

const folder = path.join(import.meta.dirname, '../docs');
const page = readFileSync(path.join(folder, 'firewall-at-boot.md'), 'utf8');
const script = readFileSync(path.join(folder, 'agentbot-firewall.sh'), 'utf8');
const [, unit = ''] = /```ini\n([\s\S]*?)```/.exec(page) ?? [];

/** The settings of the unit by section. @see systemd.syntax(7) */
const sections = new Map<string, Map<string, string>>();
let current = new Map<string, string>();
for (const line of unit.split('\n')) {
  const [, section] = /^\[(\w+)\]$/.exec(line) ?? [];
  const [, name, value] = /^(\w+)=(.*)$/.exec(line) ?? [];
  if (section) {
    current = new Map();
    sections.set(section, current);
  } else if (name) current.set(name, value ?? '');
}
const setting = (section: string, name: string) => sections.get(section)?.get(name);

test('the unit starts before the engine, after services that load other rules, and the engine does not start without it', () => {
  expect([...sections.keys()]).toEqual(['Unit', 'Service', 'Install']);
  expect(setting('Unit', 'Before')).toBe('docker.service');
  // Enabling the unit makes docker.service require it: see systemd.unit(5).
  expect(setting('Install', 'RequiredBy')).toBe('docker.service');
  expect(setting('Unit', 'After')?.split(' ')).toEqual(expect.arrayContaining(['nftables.service', 'ufw.service', 'firewalld.service']));
  // A oneshot unit is started when its command has ended; RemainAfterExit keeps it so.
  expect([setting('Service', 'Type'), setting('Service', 'RemainAfterExit')]).toEqual(['oneshot', 'yes']);
});

test('the page names the file and the program that the script uses', () => {
  const [, source, target] = /^install -m 755 (\S+) (\S+)$/m.exec(page) ?? [];
  expect(source).toBe('docs/agentbot-firewall.sh');
  expect(setting('Service', 'ExecStart')).toBe(`${target} restore`);
  expect(page).toMatch(/^agentbot-firewall save$/m);
  const [, kept] = /AGENTBOT_FIREWALL_RULES:-(\S+)\}/.exec(script) ?? [];
  expect(page).toContain(`\`save\` writes the rules to \`${kept}\``);
});

test('the script is one for sh, and says how it is called', () => {
  const file = path.join(folder, 'agentbot-firewall.sh');
  execFileSync('sh', ['-n', file]);
  expect(() => execFileSync('sh', [file], { stdio: 'pipe' })).toThrow(/Usage: .* save\|restore/);
});
