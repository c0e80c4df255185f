import { describe, expect, test } from '@jest/globals';
import { parseAgentAddress } from './gateway-router.ts';

describe('parseAgentAddress of', () => {
  test.each([
    ['agent_1.agents.localhost:10000', '/x?y=1', { agentId: 'agent_1', url: '/x?y=1', isSharedOrigin: false }],
    ['AGENT_1.Agents.Localhost', '/', { agentId: 'agent_1', url: '/', isSharedOrigin: false }],
    ['localhost:10000', '/agent/agent_1', { agentId: 'agent_1', url: '/', isSharedOrigin: true }],
    ['localhost:10000', '/agent/agent_1/v1/models', { agentId: 'agent_1', url: '/v1/models', isSharedOrigin: true }],
    ['localhost:10000', '/agent/agent_1?token=x', { agentId: 'agent_1', url: '/?token=x', isSharedOrigin: true }],
    ['localhost:10000', '/agent/..%2f', null],
    ['a.b.agents.localhost', '/', null],
    ['dj-a1b2.dj.example', '/x', { agentId: 'a1b2', url: '/x', isSharedOrigin: false }],
    ['a1b2.dj.example', '/x', null],
    ['evil.example', '/', null],
    ['agent_1.agents.localhost.evil.example', '/', null],
    ['agent_1.notagents.localhost', '/', null],
    ['agent_1.agents.evil-host', '/', null],
  ])('%s%s', (host, url, expected) => {
    expect(parseAgentAddress(host, url, { AGENTS_DOMAIN: 'agents.localhost', PROVISION_DOMAIN: 'dj.example' })).toEqual(expected);
  });
});
