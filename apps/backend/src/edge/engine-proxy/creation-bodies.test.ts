import { describe, expect, test } from '@jest/globals';
import { container as containerOf, findViolation, network, service as serviceOf, volume as volumeOf } from './creation-bodies.ts';

// Field names of the Docker Engine API: https://docs.docker.com/reference/api/engine/version/v1.41/

const labels = { 'agentbot.installation': 'x' };
const dataMount = { Type: 'volume', Source: 'openclaw-data-x', Target: '/home/node/.openclaw' };
const host = {
  Init: true,
  ReadonlyRootfs: true,
  Tmpfs: {
    '/tmp': 'rw,nosuid,nodev,size=256m,mode=1777',
    '/home/node/.cache': 'rw,nosuid,nodev,size=64m,uid=1000,gid=1000,mode=700',
  },
  CapDrop: ['ALL'],
  SecurityOpt: ['no-new-privileges'],
  CgroupnsMode: 'private',
  PidsLimit: 512,
  Memory: 2_147_483_648,
  NetworkMode: 'none',
  Mounts: [dataMount],
};
const small = { Image: 'i', Labels: labels, User: '1000:1000', WorkingDir: '/home/node/.openclaw', HostConfig: host };
const whole = {
  ...small,
  Hostname: 'openclaw',
  Labels: { ...labels, 'agentbot.agent': 'a', 'agentbot.owner': 'o' },
  Entrypoint: ['sh'],
  Cmd: ['gateway'],
  Env: ['A=b'],
  ExposedPorts: { '18789/tcp': {} },
  StopTimeout: 15,
  Healthcheck: { Test: ['NONE'], Interval: 1, Timeout: 1, Retries: 1, StartPeriod: 0 },
  HostConfig: {
    ...host,
    MemorySwap: 2_147_483_648,
    NanoCpus: 1_000_000_000,
    RestartPolicy: { Name: 'unless-stopped' },
    LogConfig: { Type: 'json-file', Config: { 'max-size': '32m', 'max-file': '2' } },
    NetworkMode: 'openclaw-net-x',
    Mounts: [
      dataMount,
      { Type: 'volume', Source: '', Target: '/opt/agentbot/cache', ReadOnly: true },
      {
        Type: 'volume',
        Source: 'openclaw-data-y',
        Target: '/opt/agentbot/volumes/openclaw-data-y',
        ReadOnly: true,
        VolumeOptions: { Labels: labels },
      },
    ],
    PortBindings: { '18789/tcp': [{ HostIp: '127.0.0.1', HostPort: '19000' }] },
    ExtraHosts: ['models.agentbot.internal:10.248.0.1', 'host.docker.internal:host-gateway'],
  },
};
const agentSubnet = '10.248.0.0/16';
const settings = { agentSubnet, installation: 'x' };
const container = containerOf(settings);
const volume = volumeOf(settings);
const violation = (body: unknown) => {
  const { error } = container.safeParse(body);
  return error && findViolation(error);
};
const changed = (fields: object) => ({ ...whole, ...fields });
const hosted = (fields: object) => ({ ...whole, HostConfig: { ...whole.HostConfig, ...fields } });
const without = (body: object, field: string) => Object.fromEntries(Object.entries(body).filter(([name]) => name !== field));

test('a body with the fewest and with all fields is forwarded as it is', () => {
  expect(container.parse(small)).toEqual(small);
  expect(container.parse(whole)).toEqual(whole);
});

test('a container needs the configured runtime, and no other is allowed', () => {
  const gvisor = containerOf({ ...settings, runtime: 'runsc' });
  expect(gvisor.parse(hosted({ Runtime: 'runsc' }))).toEqual(hosted({ Runtime: 'runsc' }));
  for (const body of [whole, hosted({ Runtime: 'runc' })]) {
    const { error } = gvisor.safeParse(body);
    expect(error && findViolation(error)).toBe('HostConfig.Runtime');
  }
  expect(violation(hosted({ Runtime: 'runsc' }))).toBe('HostConfig.Runtime');
});

describe('a container is refused', () => {
  test.each<[string, object, string]>([
    ['as root', { User: '0:0' }, 'User'],
    ['as its image’s user', { User: '' }, 'User'],
    ['in another folder', { WorkingDir: '/' }, 'WorkingDir'],
    ['with another host name', { Hostname: 'host' }, 'Hostname'],
    ['without an image', { Image: '' }, 'Image'],
    ['with a label of another program', { Labels: { ...labels, 'com.docker.compose.project': 'x' } }, 'Labels.com.docker.compose.project'],
    ['without an installation', { Labels: {} }, 'Labels.agentbot.installation'],
    ['with an empty installation', { Labels: { 'agentbot.installation': '' } }, 'Labels.agentbot.installation'],
    ['of another installation', { Labels: { 'agentbot.installation': 'y' } }, 'Labels.agentbot.installation'],
    ['with an unknown field', { MacAddress: 'x' }, 'MacAddress'],
    ['with a field in other letters', { hostconfig: {} }, 'hostconfig'],
    ['with a network of its own', { NetworkingConfig: {} }, 'NetworkingConfig'],
    ['with volumes of its own', { Volumes: { '/': {} } }, 'Volumes'],
    ['with a port of UDP', { ExposedPorts: { '53/udp': {} } }, 'ExposedPorts.53/udp'],
    ['with settings of a port', { ExposedPorts: { '53/tcp': { x: 1 } } }, 'ExposedPorts.53/tcp.x'],
    ['with a negative timeout', { StopTimeout: -1 }, 'StopTimeout'],
    ['with a fraction as timeout', { StopTimeout: 1.5 }, 'StopTimeout'],
    ['with a command of text', { Cmd: 'sh' }, 'Cmd'],
    ['with a start period', { Healthcheck: { ...whole.Healthcheck, StartPeriod: 1 } }, 'Healthcheck.StartPeriod'],
    ['with another field of the health check', { Healthcheck: { ...whole.Healthcheck, StartInterval: 1 } }, 'Healthcheck.StartInterval'],
  ])('%s', (_case, fields, place) => {
    expect(violation(changed(fields))).toBe(place);
  });

  test.each<[string, object, string]>([
    ['privileged', { Privileged: true }, 'HostConfig.Privileged'],
    ['with a path of the host', { Binds: ['/:/host'] }, 'HostConfig.Binds'],
    ['with a capability', { CapAdd: ['SYS_ADMIN'] }, 'HostConfig.CapAdd'],
    ['that drops other capabilities', { CapDrop: ['NET_RAW'] }, 'HostConfig.CapDrop.0'],
    ['that drops nothing', { CapDrop: [] }, 'HostConfig.CapDrop'],
    ['without seccomp', { SecurityOpt: ['seccomp=unconfined'] }, 'HostConfig.SecurityOpt.0'],
    ['in the cgroups of the host', { CgroupnsMode: 'host' }, 'HostConfig.CgroupnsMode'],
    ['in the cgroups that are the default', { CgroupnsMode: undefined }, 'HostConfig.CgroupnsMode'],
    ['without security options', { SecurityOpt: [] }, 'HostConfig.SecurityOpt'],
    ['that writes to its image', { ReadonlyRootfs: false }, 'HostConfig.ReadonlyRootfs'],
    ['without init', { Init: false }, 'HostConfig.Init'],
    ['with programs in /tmp of root', { Tmpfs: { ...host.Tmpfs, '/tmp': 'rw,suid' } }, 'HostConfig.Tmpfs./tmp'],
    ['with a larger cache', { Tmpfs: { ...host.Tmpfs, '/home/node/.cache': 'rw' } }, 'HostConfig.Tmpfs./home/node/.cache'],
    ['with another tmpfs', { Tmpfs: { ...host.Tmpfs, '/run': 'rw' } }, 'HostConfig.Tmpfs./run'],
    ['with a device', { Devices: [{ PathOnHost: '/dev/sda' }] }, 'HostConfig.Devices'],
    ['in the host’s processes', { PidMode: 'host' }, 'HostConfig.PidMode'],
    ['in the host’s network', { NetworkMode: 'host' }, 'HostConfig.NetworkMode'],
    ['in another container’s network', { NetworkMode: 'container:openclaw-y' }, 'HostConfig.NetworkMode'],
    ['in a foreign network', { NetworkMode: 'bridge' }, 'HostConfig.NetworkMode'],
    ['without a limit of memory', { Memory: 0 }, 'HostConfig.Memory'],
    ['without a limit of processes', { PidsLimit: -1 }, 'HostConfig.PidsLimit'],
    ['with unlimited swap', { MemorySwap: -1 }, 'HostConfig.MemorySwap'],
    ['with no CPU limit', { NanoCpus: 0 }, 'HostConfig.NanoCpus'],
    ['that restarts always', { RestartPolicy: { Name: 'always' } }, 'HostConfig.RestartPolicy.Name'],
    [
      'with a count of restarts',
      { RestartPolicy: { Name: 'unless-stopped', MaximumRetryCount: 5 } },
      'HostConfig.RestartPolicy.MaximumRetryCount',
    ],
    ['with another log driver', { LogConfig: { Type: 'syslog', Config: {} } }, 'HostConfig.LogConfig.Type'],
    ['with a log address', { LogConfig: { Type: 'json-file', Config: { address: 'x' } } }, 'HostConfig.LogConfig.Config.address'],
    ['with another host name in its hosts', { ExtraHosts: ['db:10.248.0.1'] }, 'HostConfig.ExtraHosts.0'],
    ['with the model gateway elsewhere', { ExtraHosts: ['models.agentbot.internal:10.0.0.1'] }, 'HostConfig.ExtraHosts.0'],
    ['with an unknown field', { OomKillDisable: true }, 'HostConfig.OomKillDisable'],
  ])('%s', (_case, fields, place) => {
    expect(violation(hosted(fields))).toBe(place);
  });

  test.each<[string, object[], string]>([
    ['of a path', [{ ...dataMount, Type: 'bind', Source: '/' }], 'HostConfig.Mounts.0.Type'],
    ['of a foreign volume', [{ ...dataMount, Source: 'postgres' }], 'HostConfig.Mounts.0.Source'],
    ['to another place', [dataMount, { ...dataMount, Target: '/etc' }], 'HostConfig.Mounts.1.Target'],
    [
      'with driver options',
      [{ ...dataMount, VolumeOptions: { Labels: labels, DriverConfig: {} } }],
      'HostConfig.Mounts.0.VolumeOptions.DriverConfig',
    ],
    ['without labels', [{ ...dataMount, VolumeOptions: {} }], 'HostConfig.Mounts.0.VolumeOptions.Labels'],
    [
      'of another installation',
      [{ ...dataMount, VolumeOptions: { Labels: { 'agentbot.installation': 'y' } } }],
      'HostConfig.Mounts.0.VolumeOptions.Labels.agentbot.installation',
    ],
    [
      'that is measured and written to',
      [dataMount, { ...dataMount, Target: '/opt/agentbot/volumes/openclaw-data-x' }],
      'HostConfig.Mounts.1.ReadOnly',
    ],
    [
      'to be measured outside its folder',
      [dataMount, { ...dataMount, Target: '/opt/agentbot/volumes/../../etc', ReadOnly: true }],
      'HostConfig.Mounts.1.Target',
    ],
    [
      'to be measured below another',
      [dataMount, { ...dataMount, Target: '/opt/agentbot/volumes/openclaw-x/../..', ReadOnly: true }],
      'HostConfig.Mounts.1.Target',
    ],
    ['of no data folder', [], 'HostConfig.Mounts'],
    ['of the cache alone', [{ ...dataMount, Target: '/opt/agentbot/cache' }], 'HostConfig.Mounts'],
    ['that is read-only in text', [{ ...dataMount, ReadOnly: 'yes' }], 'HostConfig.Mounts.0.ReadOnly'],
  ])('with a mount %s', (_case, Mounts, place) => {
    expect(violation(hosted({ Mounts }))).toBe(place);
  });

  test.each<[string, string, object, string]>([
    ['on every address', '18789/tcp', { HostIp: '0.0.0.0', HostPort: '19000' }, '.0.HostIp'],
    ['on no address', '18789/tcp', { HostIp: '', HostPort: '19000' }, '.0.HostIp'],
    ['on a privileged port', '18789/tcp', { HostIp: '127.0.0.1', HostPort: '443' }, '.0.HostPort'],
    ['on any port', '18789/tcp', { HostIp: '127.0.0.1', HostPort: '' }, '.0.HostPort'],
    ['on a range', '18789/tcp', { HostIp: '127.0.0.1', HostPort: '19000-19005' }, '.0.HostPort'],
    ['on a port with a zero first', '18789/tcp', { HostIp: '127.0.0.1', HostPort: '01900' }, '.0.HostPort'],
    ['of UDP', '18789/udp', { HostIp: '127.0.0.1', HostPort: '19000' }, ''],
    ['of a protocol that begins like TCP', '18789/tcpx', { HostIp: '127.0.0.1', HostPort: '19000' }, ''],
    ['of UDP in disguise', 'x18789/tcp', { HostIp: '127.0.0.1', HostPort: '19000' }, ''],
  ])('that publishes %s', (_case, port, binding, place) => {
    expect(violation(hosted({ PortBindings: { [port]: [binding] } }))).toBe(`HostConfig.PortBindings.${port}${place}`);
  });

  test.each([...Object.keys(small)])('without %s', (field) => {
    expect(violation(without(small, field))).toBe(field);
  });
  test.each([...Object.keys(host)])('without HostConfig.%s', (field) => {
    expect(violation({ ...small, HostConfig: without(host, field) })).toBe(`HostConfig.${field}`);
  });

  test('with several unknown fields, by the first', () => {
    expect(violation(hosted({ Privileged: true, Devices: [] }))).toBe('HostConfig.Privileged');
  });

  test('when its body is no object', () => {
    for (const body of [null, [], 'text']) expect(violation(body)).toBe('the body');
  });
});

test('a volume has a name and labels, and no driver options', () => {
  const body = { Name: 'openclaw-data-x', Labels: labels };
  expect(volume.parse(body)).toEqual(body);
  for (const change of [
    { Name: 'x' },
    { Name: 'x-openclaw-y' },
    { Driver: 'local' },
    { DriverOpts: { device: '/' } },
    { Labels: {} },
    { Labels: { 'agentbot.installation': 'y' } },
  ]) {
    expect(volume.safeParse({ ...body, ...change }).success).toBe(false);
  }
});

describe('a network', () => {
  const schema = network(settings);
  const body = (Subnet: string, more: object = {}) => ({
    Name: 'openclaw-net-x',
    Driver: 'bridge',
    Labels: labels,
    IPAM: { Driver: 'default', Config: [{ Subnet }] },
    ...more,
  });

  test('has the label of this installation', () => {
    for (const Labels of [{}, { 'agentbot.installation': 'y' }]) {
      expect(schema.safeParse(body('10.248.0.0/29', { Labels })).success).toBe(false);
    }
  });

  test('has a /29 of the agents’ subnet', () => {
    for (const subnet of ['10.248.0.0/29', '10.248.255.248/29']) expect(schema.parse(body(subnet))).toEqual(body(subnet));
  });

  test.each([
    '10.249.0.0/29',
    '11.248.0.0/29',
    '10x248.0.0/29',
    '10.248.0.0/28',
    '10.248.0.0/290',
    '10.248.0/29',
    '10.248.0.0.0/29',
    '10.248.1000.0/29',
    ' 10.248.0.0/29',
    '110.248.0.0/29',
  ])('of %s is refused', (subnet) => {
    expect(schema.safeParse(body(subnet)).success).toBe(false);
  });

  test.each<[string, object]>([
    ['another driver', { Driver: 'macvlan' }],
    ['options', { Options: {} }],
    ['a foreign name', { Name: 'bridge' }],
    ['another IPAM driver', { IPAM: { Driver: 'dhcp', Config: [{ Subnet: '10.248.0.0/29' }] } }],
    ['two subnets', { IPAM: { Driver: 'default', Config: [{ Subnet: '10.248.0.0/29' }, { Subnet: '10.248.0.8/29' }] } }],
    ['a gateway', { IPAM: { Driver: 'default', Config: [{ Subnet: '10.248.0.0/29', Gateway: '10.248.0.1' }] } }],
    ['no subnet', { IPAM: { Driver: 'default', Config: [] } }],
  ])('with %s is refused', (_case, change) => {
    expect(schema.safeParse(body('10.248.0.0/29', change)).success).toBe(false);
  });
});

describe('the place of an agent in a swarm', () => {
  const service = serviceOf({ agentSubnet: '10.201.0.0/16', installation: 'x' });
  const spec = {
    Image: `sha256:${'a'.repeat(64)}`,
    Command: ['sleep', 'infinity'],
    User: '65534:65534',
    ReadOnly: true,
    Init: true,
    CapabilityDrop: ['ALL'],
    HealthCheck: { Test: ['NONE'] },
  };
  const task = {
    ContainerSpec: spec,
    Resources: { Reservations: { MemoryBytes: 1_073_741_824 }, Limits: { MemoryBytes: 16_777_216, Pids: 8 } },
    Placement: { Constraints: ['node.id==abc'] },
    RestartPolicy: { Condition: 'any', Delay: 5_000_000_000 },
  };
  const body = {
    Name: 'openclaw-agent_1',
    Labels: { ...labels, 'agentbot.agent': 'agent_1', 'agentbot.owner': 'o' },
    TaskTemplate: task,
    Mode: { Replicated: { Replicas: 1 } },
    EndpointSpec: { Mode: 'dnsrr' },
  };
  const withSpec = (change: object) => ({ ...body, TaskTemplate: { ...task, ContainerSpec: { ...spec, ...change } } });

  test('is a placeholder that sleeps', () => {
    expect(service.parse(body)).toEqual(body);
  });

  test.each<[string, object]>([
    ['another command', withSpec({ Command: ['sh', '-c', 'id'] })],
    ['arguments', withSpec({ Args: ['x'] })],
    ['a mount', withSpec({ Mounts: [{ Type: 'bind', Source: '/', Target: '/host' }] })],
    ['a capability', withSpec({ CapabilityAdd: ['SYS_ADMIN'] })],
    ['root', withSpec({ User: '0:0' })],
    ['a secret', withSpec({ Secrets: [{ SecretID: 's', SecretName: 's' }] })],
    ['an image by name', withSpec({ Image: 'evil/image:1' })],
    ['the host’s network', { ...body, TaskTemplate: { ...task, Networks: [{ Target: 'host' }] } }],
    ['a network of its own', { ...body, Networks: [{ Target: 'host' }] }],
    ['a published port', { ...body, EndpointSpec: { Mode: 'dnsrr', Ports: [{ TargetPort: 1, PublishedPort: 1 }] } }],
    ['one task on every node', { ...body, Mode: { Global: {} } }],
    ['a foreign name', { ...body, Name: 'agentbot-node-abc' }],
    ['a foreign installation', { ...body, Labels: { ...body.Labels, 'agentbot.installation': 'y' } }],
  ])('has not %s', (_what, refused) => {
    expect(service.safeParse(refused).success).toBe(false);
  });
});
