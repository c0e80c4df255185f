import { expect, test } from '@jest/globals';
import { firewallRules } from './host-firewall.ts';

// The rules, written out by hand. iptables reads a chain from above and takes the first rule that matches.

/** The networks that are not public: RFC 6890 and its registry. */
const privateNetworks = [
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.88.99.0/24',
  '192.168.0.0/16',
  '198.18.0.0/15',
  '224.0.0.0/3',
];
const [input, forward, out] = ['AGENTBOT-HOST-10.201', 'AGENTBOT-FWD-10.201', 'AGENTBOT-OUT-10.201'];
const replies = '-m conntrack --ctstate RELATED,ESTABLISHED -j RETURN';
const dns = (chain: string) => ['udp', 'tcp'].map((protocol) => `-A ${chain} -d 10.0.0.2 -p ${protocol} --dport 53 -j RETURN`);
const lines = (text: string) => text.split('\n').filter(Boolean);

test('firewallRules closes the host and every private network, and opens DNS and the model gateway', () => {
  expect(
    lines(firewallRules({ subnet: '10.201.0.0/16', nameservers: ['10.0.0.2'], egressPort: undefined, modelGatewayPort: 10_100 })),
  ).toEqual([
    '*filter',
    `:${input} - [0:0]`,
    `:${forward} - [0:0]`,
    `-A ${input} ${replies}`,
    ...dns(input),
    `-A ${input} -d 10.201.0.0/16 -p tcp --dport 10100 -j RETURN`,
    `-A ${input} -j REJECT`,
    `-A ${forward} ${replies}`,
    ...dns(forward),
    `-A ${forward} -d 10.201.0.0/16 -j RETURN`,
    `-A ${forward} -s 10.201.128.0/17 -j REJECT`,
    `-A ${forward} -d 169.254.0.0/16 -j REJECT`,
    `-A ${forward} -d 100.100.100.200/32 -j REJECT`,
    ...privateNetworks.map((network) => `-A ${forward} -d ${network} -j REJECT`),
    'COMMIT',
    '*nat',
    `:${out} - [0:0]`,
    `-A ${out} -d 10.0.0.2 -j RETURN`,
    `-A ${out} -m addrtype --dst-type LOCAL -j RETURN`,
    'COMMIT',
  ]);
});

test('firewallRules with an egress port leads every connection of restricted agents to it, and lets no other agent reach it', () => {
  const rules = lines(firewallRules({ subnet: '10.201.0.0/16', nameservers: [], egressPort: 15_001, modelGatewayPort: 10_100 }));
  expect(rules.filter((rule) => rule.includes('15001'))).toEqual([
    `-A ${input} -s 10.201.128.0/17 -p tcp --dport 15001 -j RETURN`,
    `-A ${out} -p tcp -j REDIRECT --to-ports 15001`,
  ]);
  expect(rules.indexOf(`-A ${input} -j REJECT`)).toBe(rules.findLastIndex((rule) => rule.startsWith(`-A ${input} `)));
});
