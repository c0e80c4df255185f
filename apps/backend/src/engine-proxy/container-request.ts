/** The few shapes of HostConfig that the backend sends; anything else is refused, also what later engines may add. */
const hostFields = new Set([
  'Init',
  'ReadonlyRootfs',
  'Tmpfs',
  'CapDrop',
  'SecurityOpt',
  'PidsLimit',
  'Memory',
  'MemorySwap',
  'NanoCpus',
  'RestartPolicy',
  'LogConfig',
  'NetworkMode',
  'Mounts',
  'PortBindings',
  'ExtraHosts',
]);
const OURS = /^openclaw-/;

type Fields = Record<string, unknown>;
const equal = (a: unknown, b: unknown) => JSON.stringify(a) === JSON.stringify(b);

/**
 * What is wrong with a request to make a container, or nothing: it must give away all privileges, mount nothing but
 * volumes, join nothing but an agent's network, and bear an installation's label.
 */
export function containerFault(body: unknown): string | undefined {
  const {
    HostConfig = {},
    Labels = {},
    User = '',
    NetworkingConfig,
  } = (body ?? {}) as { HostConfig?: Fields; Labels?: Fields; User?: string; NetworkingConfig?: unknown };
  const unknown = Object.keys(HostConfig).find((name) => !hostFields.has(name));
  if (unknown) return `HostConfig.${unknown}`;
  if (NetworkingConfig) return 'NetworkingConfig';
  if (!equal(HostConfig.CapDrop, ['ALL'])) return 'HostConfig.CapDrop';
  if (!equal(HostConfig.SecurityOpt, ['no-new-privileges'])) return 'HostConfig.SecurityOpt';
  if (HostConfig.ReadonlyRootfs !== true) return 'HostConfig.ReadonlyRootfs';
  if (!/^[1-9]\d*:[1-9]\d*$/.test(User)) return 'User';
  const network = String(HostConfig.NetworkMode ?? '');
  if (network !== 'none' && !OURS.test(network)) return 'HostConfig.NetworkMode';
  for (const mount of (HostConfig.Mounts ?? []) as Fields[]) {
    const { Type, Source = '', VolumeOptions } = mount;
    // Options of a volume's driver could mount any path of the host.
    if (Type !== 'volume' || VolumeOptions || (Source !== '' && !OURS.test(String(Source)))) return 'HostConfig.Mounts';
  }
  return Labels['agentbot.installation'] ? undefined : 'Labels';
}

/** The same for a volume or network: of the plain kind, named as ours, and labelled. */
export function labelledFault(body: unknown): string | undefined {
  const {
    Name = '',
    Labels = {},
    Driver,
    DriverOpts,
    Options,
  } = (body ?? {}) as { Name?: string; Labels?: Fields; Driver?: string; DriverOpts?: unknown; Options?: unknown };
  if (!OURS.test(Name)) return 'Name';
  if (Driver && Driver !== 'bridge' && Driver !== 'local') return 'Driver';
  if (DriverOpts || Options) return 'DriverOpts';
  return Labels['agentbot.installation'] ? undefined : 'Labels';
}
