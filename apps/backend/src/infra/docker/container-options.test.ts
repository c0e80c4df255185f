import { expect, test } from '@jest/globals';
import { storedSpec } from '../../../test/stored-spec.ts';
import { confinement, createOptions } from './container-options.ts';

const spec = storedSpec({
  ownerId: 'user_1',
  installation: 'default',
  env: { NODE_ENV: 'production' },
  memoryBytes: 4 * 1024 ** 3,
  cpus: 1.5,
  bind: { address: '127.0.0.1', gateway: 19_004, bridge: 19_006 },
});
const options = createOptions(spec, { TOKEN: 'secret' }, ['/app', 'node', 'openclaw.mjs'], confinement());

// The hardening of every agent's container: README and docs/architecture/containers.md.
test('createOptions confines the container: no capability, no new privilege, no root, a read-only system', () => {
  expect(options.User).toBe('1000:1000');
  expect(options.HostConfig).toMatchObject({
    CapDrop: ['ALL'],
    SecurityOpt: ['no-new-privileges'],
    ReadonlyRootfs: true,
    Init: true,
    CgroupnsMode: 'private',
  });
  expect(options.HostConfig).not.toHaveProperty('CapAdd');
  expect(options.HostConfig?.Privileged ?? false).toBe(false);
});

test('createOptions names the runtime only where one is configured', () => {
  expect(options.HostConfig).not.toHaveProperty('Runtime');
  expect(createOptions(spec, {}, [], confinement('runsc')).HostConfig?.Runtime).toBe('runsc');
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
  const { HostConfig } = createOptions({ ...spec, cacheVolume: 'openclaw-cache-1' }, {}, [], confinement());
  expect(HostConfig?.Mounts).toContainEqual({ Type: 'volume', Source: 'openclaw-cache-1', Target: '/opt/agentbot/cache', ReadOnly: true });
});

test('createOptions passes secrets in the environment and in no argument', () => {
  expect(options.Env).toEqual(['NODE_ENV=production', 'TOKEN=secret']);
  expect(JSON.stringify([options.Cmd, options.Entrypoint, options.Labels])).not.toContain('secret');
});

test('createOptions sets every option that the engine gets, and no other', () => {
  const { HostConfig, ...container } = createOptions(
    { ...spec, extraHosts: ['models.agentbot.internal:10.201.0.1'] },
    {},
    ['/app', 'node'],
    confinement(),
  );
  expect(container).toEqual({
    Image: 'agentbot/openclaw:2026.3.13',
    Hostname: 'openclaw',
    Labels: { 'agentbot.agent': 'agent_1', 'agentbot.owner': 'user_1', 'agentbot.installation': 'default' },
    User: '1000:1000',
    WorkingDir: '/home/node/.openclaw',
    Entrypoint: ['sh', '-c', 'cd "$1" 2> /dev/null; shift; exec "$@"', 'sh'],
    Cmd: ['/app', 'node'],
    Env: ['NODE_ENV=production'],
    ExposedPorts: { '18789/tcp': {}, '18791/tcp': {} },
    StopTimeout: 15,
  });
  expect(Object.keys(HostConfig ?? {}).sort()).toEqual(
    [
      ...[
        'CapDrop',
        'CgroupnsMode',
        'ExtraHosts',
        'Init',
        'LogConfig',
        'Memory',
        'MemorySwap',
        'Mounts',
        'NanoCpus',
        'NetworkMode',
        'PidsLimit',
      ],
      ...['PortBindings', 'ReadonlyRootfs', 'RestartPolicy', 'SecurityOpt', 'Tmpfs'],
    ].sort(),
  );
  expect(HostConfig).toMatchObject({
    ExtraHosts: ['models.agentbot.internal:10.201.0.1'],
    LogConfig: { Type: 'json-file', Config: { 'max-size': '32m', 'max-file': '2' } },
    Tmpfs: {
      '/tmp': 'rw,nosuid,nodev,size=256m,mode=1777',
      '/home/node/.cache': 'rw,nosuid,nodev,size=64m,uid=1000,gid=1000,mode=700',
    },
  });
});

test('createOptions copies the cache to its folder before the image’s command where there is one', () => {
  const { Entrypoint } = createOptions({ ...spec, cacheVolume: 'openclaw-cache-1' }, {}, [], confinement());
  expect(Entrypoint).toEqual(['sh', '-c', 'cp -R /opt/agentbot/cache/jiti /tmp/jiti; cd "$1" 2> /dev/null; shift; exec "$@"', 'sh']);
});
