import { expect, test } from '@jest/globals';
import { storedSpec } from '../../../test/stored-spec.ts';
import { createOptions } from './container-options.ts';

const spec = storedSpec({
  ownerId: 'user_1',
  installation: 'default',
  env: { NODE_ENV: 'production' },
  memoryBytes: 4 * 1024 ** 3,
  cpus: 1.5,
  bind: { address: '127.0.0.1', gateway: 19_004, bridge: 19_006 },
});
const options = createOptions(spec, { TOKEN: 'secret' }, ['/app', 'node', 'openclaw.mjs']);

// The hardening of every agent's container: README and docs/architecture/containers.md.
test('createOptions confines the container: no capability, no new privilege, no root, a read-only system', () => {
  expect(options.User).toBe('1000:1000');
  expect(options.HostConfig).toMatchObject({ CapDrop: ['ALL'], SecurityOpt: ['no-new-privileges'], ReadonlyRootfs: true, Init: true });
  expect(options.HostConfig).not.toHaveProperty('CapAdd');
  expect(options.HostConfig?.Privileged ?? false).toBe(false);
});

test('createOptions limits memory, swap, CPU and processes to the values of the spec', () => {
  // MemorySwap is memory and swap together: equal to Memory, it allows no swap.
  expect(options.HostConfig).toMatchObject({ Memory: 4_294_967_296, MemorySwap: 4_294_967_296, NanoCpus: 1_500_000_000, PidsLimit: 512 });
});

test('createOptions makes the engine restart an exited container and leave a stopped container', () => {
  expect(options.HostConfig?.RestartPolicy).toEqual({ Name: 'unless-stopped' });
});

test('createOptions publishes the gateway and the bridge on the address of the spec alone', () => {
  expect(options.HostConfig?.PortBindings).toEqual({
    '18789/tcp': [{ HostIp: '127.0.0.1', HostPort: '19004' }],
    '18791/tcp': [{ HostIp: '127.0.0.1', HostPort: '19006' }],
  });
});

test('createOptions labels the container with agent, owner and installation, and gives it its own network and volume', () => {
  expect(options.Labels).toEqual({ 'agentbot.agent': 'agent_1', 'agentbot.owner': 'user_1', 'agentbot.installation': 'default' });
  expect(options.HostConfig?.NetworkMode).toBe('openclaw-net-agent_1');
  expect(options.HostConfig?.Mounts).toEqual([{ Type: 'volume', Source: 'openclaw-data-agent_1', Target: '/home/node/.openclaw' }]);
  expect(options.HostConfig).not.toHaveProperty('Binds');
});

test('createOptions mounts a shared cache read-only', () => {
  const { HostConfig } = createOptions({ ...spec, cacheVolume: 'openclaw-cache-1' }, {}, []);
  expect(HostConfig?.Mounts).toContainEqual({ Type: 'volume', Source: 'openclaw-cache-1', Target: '/opt/agentbot/cache', ReadOnly: true });
});

test('createOptions passes secrets in the environment and in no argument', () => {
  expect(options.Env).toEqual(['NODE_ENV=production', 'TOKEN=secret']);
  expect(JSON.stringify([options.Cmd, options.Entrypoint, options.Labels])).not.toContain('secret');
});

test('createOptions bounds logs and temporary files, and gives OpenClaw time to stop', () => {
  expect(options.HostConfig?.LogConfig).toEqual({ Type: 'json-file', Config: { 'max-size': '32m', 'max-file': '2' } });
  expect(options.HostConfig?.Tmpfs).toEqual({
    '/tmp': 'rw,nosuid,nodev,size=256m,mode=1777',
    '/home/node/.cache': 'rw,nosuid,nodev,size=64m,uid=1000,gid=1000,mode=700',
  });
  expect(options.StopTimeout).toBe(15);
});

test('createOptions starts in the data folder, not in a folder that the image chooses', () => {
  expect(options.WorkingDir).toBe('/home/node/.openclaw');
});
