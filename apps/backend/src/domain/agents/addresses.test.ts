import { expect, test } from '@jest/globals';
import { agentUrl, PROVISIONED_PREFIX, subdomain, websocketUrl } from './addresses.ts';

const config = { AGENTS_DOMAIN: 'agents.localhost', PROVISION_DOMAIN: 'djs.localhost', GATEWAY_PUBLIC_URL: 'http://localhost:10000' };
const own = { id: 'agent_1', hostPrefix: '' };
const provisioned = { id: 'x1', hostPrefix: PROVISIONED_PREFIX };

test('an agent has a host name below AGENTS_DOMAIN; an agent from POST /api/provision has `dj-` and PROVISION_DOMAIN', () => {
  expect(subdomain(own, config)).toBe('agent_1.agents.localhost');
  expect(subdomain(provisioned, config)).toBe('dj-x1.djs.localhost');
});

test('agentUrl has the protocol and the port of GATEWAY_PUBLIC_URL', () => {
  expect(agentUrl(own, config)).toBe('http://agent_1.agents.localhost:10000');
  expect(agentUrl(own, { ...config, GATEWAY_PUBLIC_URL: 'https://gateway.example' })).toBe('https://agent_1.agents.localhost');
  expect(agentUrl(provisioned, { ...config, GATEWAY_PUBLIC_URL: 'https://gateway.example:8443/' })).toBe(
    'https://dj-x1.djs.localhost:8443',
  );
});

// The CA/Browser Forum's Baseline Requirements (7.1.4.2.1) forbid underscores in the names of certificates.
test('agentUrl has no underscore with HTTPS, for an id of the platform’s own form', () => {
  const secure = { ...config, GATEWAY_PUBLIC_URL: 'https://gateway.example' };
  const agent = { id: 'agent_abc123def456', hostPrefix: '' };
  expect(agentUrl(agent, secure)).toBe('https://agent-abc123def456.agents.localhost');
  expect(agentUrl(agent, config)).toBe('http://agent_abc123def456.agents.localhost:10000');
  expect(subdomain(agent, secure)).toBe('agent_abc123def456.agents.localhost');
  expect(agentUrl({ id: 'my_agent', hostPrefix: '' }, secure)).toBe('https://my_agent.agents.localhost');
});

test('websocketUrl is the address by path, with the protocol of WebSockets', () => {
  expect(websocketUrl(own, config)).toBe('ws://localhost:10000/agent/agent_1');
  expect(websocketUrl(own, { ...config, GATEWAY_PUBLIC_URL: 'https://http.example/' })).toBe('wss://http.example/agent/agent_1');
});
