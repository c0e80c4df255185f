import { randomUUID } from 'node:crypto';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { AppError } from '@agentbot/contracts';
import Docker from 'dockerode';
import { extract, type Header, pack } from 'tar-stream';
import { BRIDGE_CONTAINER_PORT, GATEWAY_CONTAINER_PORT } from './agent-container.ts';
import {
  type AgentContainerSpec,
  type ContainerHost,
  type ContainerState,
  type ContainerUsage,
  ImageMissingError,
  SlotTakenError,
  type VolumeFile,
} from './container-host.ts';
import { engineTime, logLines } from './engine-log.ts';
import { versionInName } from './image-name.ts';

const DATA_FOLDER = '/home/node/.openclaw';
const AGENT_UID = 1000;
const PROBE_CACHE_MS = 2_000;
const PROBE_TIMEOUT_MS = 1_500;

function connect(host: string | undefined, timeout: number): Docker {
  // Engines from API 1.41 on are supported, and none is asked for more.
  const version = 'v1.41';
  const url = new URL(host || 'unix:///var/run/docker.sock');
  if (url.protocol === 'unix:') return new Docker({ version, socketPath: url.pathname, timeout });
  return new Docker({
    version,
    protocol: url.protocol === 'https:' ? 'https' : 'http',
    host: url.hostname,
    port: url.port || 2375,
    timeout,
  });
}

interface EngineError {
  code?: string;
  statusCode?: number;
  message?: string;
}

const unreachable = ['ECONNREFUSED', 'ENOENT', 'EACCES', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'ENOTFOUND'];
const isUnreachable = ({ code }: EngineError) => unreachable.includes(code ?? '');
const isSlotClash = ({ message }: EngineError) => /port is already allocated|address already in use|Pool overlaps/i.test(message ?? '');

/** Turns the engine's errors into ours; statuses in `accept` count as done. */
async function call<T>(work: Promise<T>, accept: number[] = []): Promise<T | undefined> {
  try {
    return await work;
  } catch (thrown) {
    const error = thrown as EngineError;
    if (isUnreachable(error)) throw new AppError('DOCKER_UNAVAILABLE', undefined, { cause: error });
    if (isSlotClash(error)) throw new SlotTakenError('The port or subnet is in use', { cause: error });
    if (accept.includes(error.statusCode ?? 0)) return undefined;
    throw thrown;
  }
}

function archive(files: VolumeFile[]) {
  const tar = pack();
  const owner = { uid: AGENT_UID, gid: AGENT_UID };
  const folders = new Set(files.flatMap(({ path }) => (path.includes('/') ? [path.slice(0, path.lastIndexOf('/'))] : [])));
  // Never an entry for the root itself: it would take the volume away from its user.
  for (const name of folders) tar.entry({ name, type: 'directory', mode: 0o700, ...owner });
  for (const { path, content } of files) tar.entry({ name: path, mode: 0o600, ...owner }, content);
  tar.finalize();
  return tar as unknown as NodeJS.ReadableStream;
}

/** The same tar stream with `prefix` taken off each name; the entry of the folder itself is left out. */
function stripped(tar: Readable, prefix: string): Readable {
  const out = pack();
  const entries = extract();
  const rename = (name: string) => name.slice(name.startsWith(prefix) ? prefix.length : 0);
  const copy = async () => {
    for await (const entry of entries) {
      // Extended attributes repeat the old name; a long one gets new ones.
      const header: Header = { ...entry.header, name: rename(entry.header.name), pax: null };
      if (header.type === 'link' && header.linkname) header.linkname = rename(header.linkname);
      if (header.name === '') entry.resume();
      else if (header.type === 'file') await pipeline(entry, out.entry(header));
      else {
        out.entry(header);
        entry.resume();
      }
    }
    out.finalize();
  };
  const give = (error: Error) => out.destroy(error);
  // Whoever reads `out` hears of an error; nobody may be reading any more.
  out.on('error', () => undefined);
  pipeline(tar, entries).catch(give);
  copy().catch(give);
  return out as unknown as Readable;
}

/** @see https://docs.docker.com/reference/api/engine/version/v1.41/#tag/Container/operation/ContainerStats */
function usageOf(stats: Docker.ContainerStats): ContainerUsage {
  const { cpu_stats: cpu, memory_stats: memory, networks = {}, blkio_stats: blocks, pids_stats: pids } = stats;
  const sum = (values: number[]) => values.reduce((total, value) => total + value, 0);
  const moved = (kind: string) => {
    const entries = (blocks?.io_service_bytes_recursive ?? []) as { op: string; value: number }[];
    return sum(entries.flatMap(({ op, value }) => (op.toLowerCase() === kind ? value : [])));
  };
  const details = (memory.stats ?? {}) as unknown as Record<string, number>;
  // cgroup v2 and v1 name the page cache that can be dropped differently.
  const cache = details.inactive_file ?? details.total_inactive_file ?? 0;
  return {
    cpu: cpu.cpu_usage.total_usage,
    systemCpu: cpu.system_cpu_usage ?? 0,
    onlineCpus: cpu.online_cpus || cpu.cpu_usage.percpu_usage?.length || 1,
    memory: memory.usage - Math.min(cache, memory.usage),
    memoryLimit: memory.limit,
    received: sum(Object.values(networks).map(({ rx_bytes }) => rx_bytes)),
    sent: sum(Object.values(networks).map(({ tx_bytes }) => tx_bytes)),
    read: moved('read'),
    written: moved('write'),
    pids: pids?.current ?? 0,
  };
}

/** What every container of ours is denied, whatever runs in it. */
const confinement = {
  Init: true,
  ReadonlyRootfs: true,
  Tmpfs: { '/tmp': 'rw,nosuid,nodev,size=256m,mode=1777' },
  CapDrop: ['ALL'],
  SecurityOpt: ['no-new-privileges'],
};

function createOptions(spec: AgentContainerSpec, secretEnv: Record<string, string>): Docker.ContainerCreateOptions {
  const labels = {
    'agentbot.agent': spec.agentId,
    'agentbot.owner': spec.ownerId,
    'agentbot.installation': spec.installation,
  };
  const publish = (port: number) => [{ HostIp: spec.bind.address, HostPort: String(port) }];
  return {
    name: spec.names.container,
    Image: spec.image,
    Labels: labels,
    User: `${AGENT_UID}:${AGENT_UID}`,
    Env: Object.entries({ ...spec.env, ...secretEnv }).map(([key, value]) => `${key}=${value}`),
    ExposedPorts: { [`${GATEWAY_CONTAINER_PORT}/tcp`]: {}, [`${BRIDGE_CONTAINER_PORT}/tcp`]: {} },
    StopTimeout: 15,
    HostConfig: {
      ...confinement,
      PidsLimit: spec.pidsLimit,
      Memory: spec.memoryBytes,
      MemorySwap: spec.memoryBytes,
      NanoCpus: Math.round(spec.cpus * 1e9),
      RestartPolicy: { Name: 'unless-stopped' },
      LogConfig: { Type: 'json-file', Config: { 'max-size': '10m', 'max-file': '3' } },
      NetworkMode: spec.names.network,
      Mounts: [{ Type: 'volume', Source: spec.names.volume, Target: DATA_FOLDER }],
      PortBindings: {
        [`${GATEWAY_CONTAINER_PORT}/tcp`]: publish(spec.bind.gateway),
        [`${BRIDGE_CONTAINER_PORT}/tcp`]: publish(spec.bind.bridge),
      },
      ExtraHosts: spec.extraHosts,
    },
  };
}

/** What `openclaw config validate --json` said, a line for each point. @throws AppError OPERATION_FAILED when it said nothing of use */
function refusals(output: string, image: string): string[] {
  try {
    const { issues = [], error } = JSON.parse(output.slice(output.indexOf('{'), output.lastIndexOf('}') + 1)) as {
      issues?: { path: string; message: string }[];
      error?: string;
    };
    return error ? [error] : issues.map(({ path, message }) => (path ? `${path}: ${message}` : message));
  } catch (cause) {
    throw new AppError('OPERATION_FAILED', `The image ${image} could not check the agent's configuration`, { cause });
  }
}

/** Agents as containers of one Docker Engine. */
export function createDockerHost(dockerHost?: string): ContainerHost {
  const docker = connect(dockerHost, 60_000);
  // An event stream may be silent for as long as nothing happens.
  const patient = connect(dockerHost, 0);
  let probe: { at: number; answer: Promise<boolean> } | undefined;

  async function ensureNetwork(spec: AgentContainerSpec, labels: Record<string, string>) {
    const found = await call(docker.getNetwork(spec.names.network).inspect(), [404]);
    if (found?.IPAM?.Config?.[0]?.Subnet === spec.subnet) return;
    if (found) await call(docker.getNetwork(spec.names.network).remove(), [404]);
    await call(
      docker.createNetwork({
        Name: spec.names.network,
        Driver: 'bridge',
        Labels: labels,
        IPAM: { Driver: 'default', Config: [{ Subnet: spec.subnet }] },
      }),
    );
  }

  async function removeContainer(name: string) {
    await call(docker.getContainer(name).remove({ force: true }), [404, 409]);
    // A removal under way answers 409; wait for its end, so that the name is free.
    await call(docker.getContainer(name).wait({ condition: 'removed' }), [404]);
  }

  async function inspect(name: string): Promise<ContainerState | null> {
    const found = await call(docker.getContainer(name).inspect(), [404]);
    if (!found) return null;
    const { State: state } = found;
    return {
      id: found.Id,
      image: found.Config.Image,
      status: state.Status,
      running: state.Running && !state.Restarting,
      startedAt: state.Running ? new Date(state.StartedAt) : null,
      exitCode: state.ExitCode,
      oomKilled: state.OOMKilled,
    };
  }

  async function logTail(name: string, lines: number): Promise<string> {
    const buffer = await call(
      docker.getContainer(name).logs({ stdout: true, stderr: true, timestamps: true, tail: lines, follow: false }),
      [404],
    );
    const texts: string[] = [];
    if (buffer) for await (const { text } of logLines([buffer])) texts.push(text);
    return texts.join('\n');
  }

  async function removeData(names: AgentContainerSpec['names']) {
    await removeContainer(names.container);
    await call(docker.getVolume(names.volume).remove({ force: true }), [404]);
  }

  return {
    available() {
      if (!probe || Date.now() - probe.at > PROBE_CACHE_MS) {
        const late = sleep(PROBE_TIMEOUT_MS, false, { ref: false });
        const answer = Promise.race([
          docker.ping().then(
            () => true,
            () => false,
          ),
          late,
        ]);
        probe = { at: Date.now(), answer };
      }
      return probe.answer;
    },

    async capacity() {
      const info = await call(docker.info());
      return { memoryBytes: info.MemTotal, cpus: info.NCPU };
    },

    async ensureImage(image, signal) {
      let found = await call(docker.getImage(image).inspect(), [404]);
      const pulled = !found;
      if (!found) {
        const stream = await call(docker.pull(image, { abortSignal: signal })).catch((cause) => {
          if (cause instanceof AppError) throw cause;
          throw new ImageMissingError(`The image ${image} is not on this machine and could not be pulled`, { cause });
        });
        await new Promise<void>((resolve, reject) => {
          docker.modem.followProgress(stream as NodeJS.ReadableStream, (error) => (error ? reject(error) : resolve()));
        }).catch((cause) => {
          throw new ImageMissingError(`The image ${image} could not be pulled`, { cause });
        });
        found = await call(docker.getImage(image).inspect());
      }
      const label = found?.Config?.Labels?.['org.opencontainers.image.version'];
      return { id: found?.Id ?? '', version: label || versionInName(image) || 'unknown', pulled };
    },

    async validateConfig(image, installation, configuration, variables, signal) {
      const container = await call(
        docker.createContainer({
          name: `openclaw-check-${randomUUID()}`,
          Image: image,
          Labels: { 'agentbot.installation': installation },
          User: `${AGENT_UID}:${AGENT_UID}`,
          Env: ['NODE_ENV=production', ...variables.map((name) => `${name}=set`)],
          Entrypoint: ['openclaw'],
          Cmd: ['config', 'validate', '--json'],
          HostConfig: {
            ...confinement,
            PidsLimit: 64,
            Memory: 1024 ** 3,
            MemorySwap: 1024 ** 3,
            NetworkMode: 'none',
            LogConfig: { Type: 'json-file', Config: {} },
            // Without a name, so that it goes with the container.
            Mounts: [{ Type: 'volume', Source: '', Target: DATA_FOLDER }],
          },
        }),
      );
      if (!container) throw new Error('The engine created no container');
      const remove = () => call(container.remove({ force: true, v: true }), [404, 409]);
      const giveUp = () => void remove().catch(() => undefined);
      signal.addEventListener('abort', giveUp, { once: true });
      try {
        await call(container.putArchive(archive([{ path: 'openclaw.json', content: configuration }]), { path: DATA_FOLDER }));
        await call(container.start(), [400]);
        const { StatusCode: exitCode } = (await call(container.wait())) as { StatusCode: number };
        return exitCode === 0 ? [] : refusals(await logTail(container.id, 200), image);
      } finally {
        signal.removeEventListener('abort', giveUp);
        await remove();
      }
    },

    async create(spec, secretEnv, files) {
      await removeContainer(spec.names.container);
      const options = createOptions(spec, secretEnv);
      await ensureNetwork(spec, options.Labels as Record<string, string>);
      await call(docker.createVolume({ Name: spec.names.volume, Labels: options.Labels as Record<string, string> }));
      const container = await call(docker.createContainer(options));
      if (!container) throw new Error('The engine created no container');
      if (files.length) await call(container.putArchive(archive(files), { path: DATA_FOLDER }));
      return container.id;
    },

    async start(spec) {
      await call(docker.getContainer(spec.names.container).start(), [304]);
    },

    async stop(name) {
      await call(docker.getContainer(name).stop({ t: 15 }), [304, 404]);
    },

    inspect,

    async usage(name) {
      const stats = await call(docker.getContainer(name).stats({ stream: false, 'one-shot': true }), [404, 409]);
      return stats?.memory_stats?.usage ? usageOf(stats) : null;
    },

    logTail,

    async *logs(name, { tail, since, follow }, signal) {
      const options = {
        stdout: true,
        stderr: true,
        timestamps: true,
        ...(tail !== undefined && { tail }),
        ...(since !== undefined && { since: engineTime(since) as unknown as number }),
        abortSignal: signal,
      };
      const container = patient.getContainer(name);
      // The engine's client gives a buffer or a stream, and is typed so.
      const got = follow
        ? await call(container.logs({ ...options, follow: true }), [404])
        : await call(container.logs({ ...options, follow: false }), [404]);
      if (got) yield* logLines(Buffer.isBuffer(got) ? [got] : (got as unknown as AsyncIterable<Buffer>));
    },

    async archive(name) {
      const stream = await call(patient.getContainer(name).getArchive({ path: DATA_FOLDER }));
      return stripped(stream as unknown as Readable, `${DATA_FOLDER.slice(DATA_FOLDER.lastIndexOf('/') + 1)}/`);
    },

    async unpack(name, tar) {
      await call(patient.getContainer(name).putArchive(tar, { path: DATA_FOLDER }));
    },

    removeData,

    async runOnce(spec, command) {
      const name = `${spec.names.container}-task`;
      await removeContainer(name);
      const container = await call(
        docker.createContainer({
          name,
          Image: spec.image,
          Labels: { 'agentbot.installation': spec.installation },
          User: `${AGENT_UID}:${AGENT_UID}`,
          Entrypoint: ['/bin/sh', '-ec'],
          Cmd: [command],
          WorkingDir: DATA_FOLDER,
          HostConfig: {
            ...confinement,
            PidsLimit: 64,
            Memory: 256 * 1024 ** 2,
            NetworkMode: 'none',
            Mounts: [{ Type: 'volume', Source: spec.names.volume, Target: DATA_FOLDER }],
          },
        }),
      );
      if (!container) throw new Error('The engine created no container');
      try {
        await call(container.start());
        const { StatusCode: exitCode } = (await call(container.wait())) as { StatusCode: number };
        if (exitCode) throw new Error(`The command ended with ${exitCode}: ${await logTail(name, 5)}`);
      } finally {
        await removeContainer(name);
      }
    },

    async removeAll(names) {
      await removeData(names);
      await call(docker.getNetwork(names.network).remove(), [404]);
    },

    async watch(installation, signal, onChange) {
      const filters = {
        type: ['container' as const],
        event: ['start', 'die', 'destroy', 'oom'],
        label: [`agentbot.installation=${installation}`],
      };
      const stream = (await call(patient.getEvents({ filters, abortSignal: signal }))) as NodeJS.ReadableStream;
      let rest = '';
      for await (const chunk of stream) {
        const lines = (rest + String(chunk)).split('\n');
        rest = lines.pop() ?? '';
        for (const line of lines) {
          const agentId = line && JSON.parse(line).Actor?.Attributes?.['agentbot.agent'];
          if (agentId) onChange(agentId);
        }
      }
    },
  };
}
