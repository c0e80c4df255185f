import type Docker from 'dockerode';
import type { AgentContainerSpec } from './container-host.ts';
import { BRIDGE_CONTAINER_PORT, DATA_FOLDER, GATEWAY_CONTAINER_PORT } from './layout.ts';

/** The user that OpenClaw runs as in its container. */
export const AGENT_UID = 1000;
/** OpenClaw's folder for compiled code. OpenClaw uses it only if it is writable, so each start copies the cache there. */
export const CACHE_FOLDER = '/tmp/jiti';
export const CACHE_MOUNT = '/opt/agentbot/cache';
/**
 * A shell script that runs an image's own command. Its arguments are the image's working folder, then the command; it stays
 * in the data folder when the container has no such folder.
 */
export const RUN_IMAGE = 'cd "$1" 2> /dev/null; shift; exec "$@"';
/**
 * A shell function `run` that runs an image's OpenClaw: on the PATH, or at `/app/openclaw.mjs` in images built from
 * OpenClaw's repository.
 */
export const OPENCLAW_FUNCTION = 'run() { if command -v openclaw > /dev/null; then openclaw "$@"; else node /app/openclaw.mjs "$@"; fi; }';
const START_WITH_CACHE = `cp -R ${CACHE_MOUNT}/jiti ${CACHE_FOLDER}; ${RUN_IMAGE}`;

/** OpenClaw from 2026.9 on leases an agent's data to a host name; Docker's default host name differs for each container. */
export const HOSTNAME = 'openclaw';

/**
 * Security options of every container that the backend creates.
 * @param runtime the engine's runtime; undefined for the engine's default
 */
export const confinement = (runtime?: string) => ({
  ...(runtime && { Runtime: runtime }),
  Init: true,
  ReadonlyRootfs: true,
  Tmpfs: {
    '/tmp': 'rw,nosuid,nodev,size=256m,mode=1777',
    // OpenClaw from 2026.9 on exits when this folder is not writable.
    '/home/node/.cache': 'rw,nosuid,nodev,size=64m,uid=1000,gid=1000,mode=700',
  },
  CapDrop: ['ALL'],
  SecurityOpt: ['no-new-privileges'],
  // The default with cgroup v1 shows the host's groups.
  CgroupnsMode: 'private' as const,
});
/** The result of `confinement`. */
export type Confinement = ReturnType<typeof confinement>;

/**
 * The engine's options for an agent's container.
 * @param command the image's working folder, then the image's command
 * @param confined the security options
 */
export function createOptions(
  spec: AgentContainerSpec,
  secretEnv: Record<string, string>,
  command: string[],
  confined: Confinement,
): Docker.ContainerCreateOptions {
  const labels = {
    'agentbot.agent': spec.agentId,
    'agentbot.owner': spec.ownerId,
    'agentbot.installation': spec.installation,
  };
  const publish = (port: number) => [{ HostIp: spec.bind.address, HostPort: String(port) }];
  return {
    Image: spec.image,
    Hostname: HOSTNAME,
    Labels: labels,
    User: `${AGENT_UID}:${AGENT_UID}`,
    // Not the image's folder: the runtime would enter it before it confines the container.
    WorkingDir: DATA_FOLDER,
    Entrypoint: ['sh', '-c', spec.cacheVolume ? START_WITH_CACHE : RUN_IMAGE, 'sh'],
    Cmd: command,
    Env: Object.entries({ ...spec.env, ...secretEnv }).map(([key, value]) => `${key}=${value}`),
    ExposedPorts: { [`${GATEWAY_CONTAINER_PORT}/tcp`]: {}, [`${BRIDGE_CONTAINER_PORT}/tcp`]: {} },
    StopTimeout: 15,
    HostConfig: {
      ...confined,
      PidsLimit: spec.pidsLimit,
      Memory: spec.memoryBytes,
      MemorySwap: spec.memoryBytes,
      NanoCpus: Math.round(spec.cpus * 1e9),
      RestartPolicy: { Name: 'unless-stopped' },
      // Large files: the engine skips a file when a log reader is two files behind.
      LogConfig: { Type: 'json-file', Config: { 'max-size': '32m', 'max-file': '2' } },
      NetworkMode: spec.names.network,
      Mounts: [
        { Type: 'volume', Source: spec.names.volume, Target: DATA_FOLDER },
        ...(spec.cacheVolume ? [{ Type: 'volume' as const, Source: spec.cacheVolume, Target: CACHE_MOUNT, ReadOnly: true }] : []),
      ],
      PortBindings: {
        [`${GATEWAY_CONTAINER_PORT}/tcp`]: publish(spec.bind.gateway),
        [`${BRIDGE_CONTAINER_PORT}/tcp`]: publish(spec.bind.bridge),
      },
      ExtraHosts: spec.extraHosts,
    },
  };
}
