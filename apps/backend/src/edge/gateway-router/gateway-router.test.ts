import { describe, expect, test } from '@jest/globals';
import { parseAgentAddress } from './gateway-router.ts';

describe('parseAgentAddress of', () => {
  test.each([
    ['agent_1.agents.localhost:10000', '/x?y=1', { ids: ['agent_1'], url: '/x?y=1', isSharedOrigin: false }],
    ['AGENT_1.Agents.Localhost', '/', { ids: ['agent_1'], url: '/', isSharedOrigin: false }],
    ['localhost:10000', '/agent/agent_1', { ids: ['agent_1'], url: '/', isSharedOrigin: true }],
    ['localhost:10000', '/agent/agent_1/v1/models', { ids: ['agent_1'], url: '/v1/models', isSharedOrigin: true }],
    ['localhost:10000', '/agent/agent_1?token=x', { ids: ['agent_1'], url: '/?token=x', isSharedOrigin: true }],
    // No certificate may name an underscore.
    ['agent-abc123def456.agents.localhost', '/', { ids: ['agent-abc123def456', 'agent_abc123def456'], url: '/', isSharedOrigin: false }],
    ['agent-short.agents.localhost', '/', { ids: ['agent-short'], url: '/', isSharedOrigin: false }],
    ['localhost:10000', '/agent/agent-abc123def456', { ids: ['agent-abc123def456'], url: '/', isSharedOrigin: true }],
    ['localhost:10000', '/agent/..%2f', null],
    ['a.b.agents.localhost', '/', null],
    ['dj-a1b2.dj.example', '/x', { ids: ['a1b2'], url: '/x', isSharedOrigin: false }],
    ['a1b2.dj.example', '/x', null],
    ['evil.example', '/', null],
    ['agent_1.agents.localhost.evil.example', '/', null],
    ['agent_1.notagents.localhost', '/', null],
    ['agent_1.agents.evil-host', '/', null],
  ])('%s%s', (host, url, expected) => {
    expect(parseAgentAddress(host, url, { AGENTS_DOMAIN: 'agents.localhost', PROVISION_DOMAIN: 'dj.example' })).toEqual(expected);
  });
});
