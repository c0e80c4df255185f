import type { Agent as HttpAgent } from 'node:http';
import type { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { AppError } from '@agentbot/contracts';
import type Docker from 'dockerode';
import type { Logger } from 'pino';
import { createConfigCheck } from './config-check.ts';
import type { AgentContainerSpec, ContainerHost, ContainerState } from './container-host.ts';
import { createContainerFinder } from './container-names.ts';
import { AGENT_UID, confinement, createOptions, HOSTNAME } from './container-options.ts';
import { bodyAndQuery, call, connect, DEFAULT_ENGINE, type EngineError, jsonLines } from './engine-client.ts';
import { createImages } from './engine-images.ts';
import { createInventory } from './engine-inventory.ts';
import { engineTime, logLines } from './engine-log.ts';
import { usageOf } from './engine-usage.ts';
import { DATA_FOLDER } from './layout.ts';
import { unreachableReason } from './socket-access.ts';
import { createStartCaches } from './start-cache.ts';
import { createVolumeMeter } from './volume-meter.ts';
import { packFiles, portableTar } from './volume-tar.ts';

const PROBE_CACHE_MS = 2_000;
const PROBE_TIMEOUT_MS = 1_500;

/** The name of the container that runs a command on an agent's volume. */
const taskName = ({ agentId }: AgentContainerSpec) => `openclaw-task.${agentId}`;

export interface DockerHostOptions {
  isPullAllowed: (image: string) => boolean;
  maxImageBytes?: number | undefined;
  onPull?: (image: string) => Promise<void>;
  log: Pick<Logger, 'warn'>;
  timeoutMs?: number;
  runtime?: string | undefined;
  createAgent?: () => HttpAgent;
}

/**
 * The container host on one Docker Engine.
 * @param dockerHost URL of the engine; this machine's socket by default
 * @param installation the installation whose containers, volumes and networks are managed; others are never changed
 * @param options `isPullAllowed`: whether a missing image may be pulled; `maxImageBytes`: the maximum that a pull may transfer,
 *   by the image's manifest, by default without a check; `onPull`: called before each pull; `timeoutMs`: timeout of engine calls, except those
 *   that stream or wait for a container; `runtime`: the engine's runtime for every container, by default the engine's own choice;
 *   `createAgent`: creates what makes the connections to the engine
 */
export function createDockerHost(
  dockerHost: string | undefined,
  installation: string,
  { isPullAllowed, maxImageBytes, onPull, log, timeoutMs = 60_000, runtime, createAgent }: DockerHostOptions,
): ContainerHost {
  const confined = confinement(runtime);
  const docker = connect(dockerHost, timeoutMs, createAgent?.());
  const find = createContainerFinder({ docker, installation, log });
  // For calls that stream or wait: an event stream may be silent for hours.
  const dockerWithoutTimeout = connect(dockerHost, 0, createAgent?.());
  let deniedAccessLogged = false;
  let probe: { at: number; answer: Promise<boolean> } | undefined;

  async function ensureNetwork(spec: AgentContainerSpec, labels: Record<string, string>) {
    const existing = await call(docker.getNetwork(spec.names.network).inspect(), [404]);
    if (existing && !isOurs(existing.Labels)) throw nameTaken('network', spec.names.network);
    if (existing?.IPAM?.Config?.[0]?.Subnet === spec.subnet) return;
    if (existing) await call(docker.getNetwork(spec.names.network).remove(), [404]);
    await call(
      docker.createNetwork(
        bodyAndQuery({
          Name: spec.names.network,
          Driver: 'bridge',
          Labels: labels,
          IPAM: { Driver: 'default', Config: [{ Subnet: spec.subnet }] },
        }),
      ),
    );
  }

  const isOurs = (labels: Record<string, string> | undefined) => labels?.['agentbot.installation'] === installation;
  const nameTaken = (kind: string, name: string) =>
    new AppError('OPERATION_FAILED', `The name ${name} is taken by a ${kind} that is not this installation's`);

  /** Removes a container of this installation. A foreign container of that name stays; with `refuseForeign` it is an error. */
  async function removeContainer(name: string, refuseForeign = false) {
    const existing = await find(name);
    if (existing && !isOurs(existing.Config.Labels)) {
      if (refuseForeign) throw nameTaken('container', name);
      return;
    }
    // `v` removes anonymous volumes only.
    await call(docker.getContainer(name).remove({ force: true, v: true }), [404, 409]);
    // 409 means that a removal is in progress: wait for it, so that the name is free.
    await call(dockerWithoutTimeout.getContainer(name).wait({ condition: 'removed' }), [404]);
  }

  /** Waits without a timeout until a container exits; the caller's deadline removes the container, which ends the wait. */
  async function exitCodeOf(name: string): Promise<number> {
    const { StatusCode: exitCode } = (await call(dockerWithoutTimeout.getContainer(name).wait())) as { StatusCode: number };
    return exitCode;
  }

  /** The image's working folder, then the image's command. */
  async function commandOf(image: string): Promise<string[]> {
    const info = await call(docker.getImage(image).inspect());
    const { WorkingDir: folder, Entrypoint: entrypoint, Cmd: cmd } = info?.Config ?? {};
    return [folder || '/', ...(entrypoint ?? []), ...(cmd ?? [])].map(String);
  }

  async function inspect(name: string): Promise<ContainerState | null> {
    const info = await find(name);
    if (!info) return null;
    const { State: state } = info;
    return {
      id: info.Id,
      image: info.Config.Image,
      status: state.Status,
      running: state.Running && !state.Restarting,
      createdAt: new Date(info.Created),
      startedAt: state.Running ? new Date(state.StartedAt) : null,
      exitCode: state.ExitCode,
      oomKilled: state.OOMKilled,
      restarts: info.RestartCount,
    };
  }

  /** Pauses a running container. On a busy machine the kernel may not freeze it in time; the engine then answers 500: retry. */
  async function pauseContainer(name: string, maxAttempts = 10): Promise<void> {
    const state = await inspect(name);
    if (!state?.running || state.status === 'paused') return;
    try {
      await call(docker.getContainer(name).pause());
    } catch (error) {
      if (maxAttempts === 1 || !/unable to freeze/i.test((error as EngineError).message ?? '')) throw error;
      await sleep(300);
      await pauseContainer(name, maxAttempts - 1);
    }
  }

  const unpause = async (name: string) => {
    if ((await inspect(name))?.status === 'paused') await call(docker.getContainer(name).unpause(), [404]);
  };

  async function logTail(name: string, lines: number): Promise<string> {
    const buffer = await call(
      docker.getContainer(name).logs({ stdout: true, stderr: true, timestamps: true, tail: lines, follow: false }),
      [404],
    );
    const texts: string[] = [];
    if (buffer) for await (const batch of logLines([buffer])) texts.push(...batch.map(({ text }) => text));
    return texts.join('\n');
  }

  /** Removes a volume, and waits for the end of a container that measures it. */
  async function removeVolume(name: string, maxAttempts = 60): Promise<void> {
    try {
      await call(docker.getVolume(name).remove({ force: true }), [404]);
    } catch (error) {
      if (maxAttempts === 1 || (error as EngineError).statusCode !== 409) throw error;
      await sleep(500);
      await removeVolume(name, maxAttempts - 1);
    }
  }

  async function removeData(names: AgentContainerSpec['names'], ownerId?: string) {
    await removeContainer(names.container);
    const volume = await call(docker.getVolume(names.volume).inspect(), [404]);
    if (!volume || !isOurs(volume.Labels)) return;
    const { 'agentbot.owner': volumeOwner = ownerId } = volume.Labels;
    if (!ownerId || volumeOwner === ownerId) await removeVolume(names.volume);
  }

  /** Logs once that this process may not open the engine's socket: only an operator can fix that. */
  async function logDeniedAccess(error: EngineError): Promise<void> {
    if (error.code !== 'EACCES' || deniedAccessLogged) return;
    deniedAccessLogged = true;
    log.warn(await unreachableReason(new URL(dockerHost || DEFAULT_ENGINE).pathname, error));
  }

  function ping(): Promise<boolean> {
    const timeout = sleep(PROBE_TIMEOUT_MS, false, { ref: false });
    const answer = Promise.race([
      docker.ping().then(
        () => true,
        (error) => {
          void logDeniedAccess(error);
          return false;
        },
      ),
      timeout,
    ]);
    probe = { at: Date.now(), answer };
    return answer;
  }

  const caches = createStartCaches({ docker, confined, commandOf, logTail, removeContainer, removeVolume });

  return {
    available() {
      return probe && Date.now() - probe.at <= PROBE_CACHE_MS ? probe.answer : ping();
    },

    ping,

    async capacity() {
      const info = await call(docker.info());
      return { memoryBytes: info.MemTotal, cpus: info.NCPU };
    },

    async nextExit(name, signal) {
      const exit = dockerWithoutTimeout.getContainer(name).wait({ condition: 'next-exit', abortSignal: signal });
      return ((await call(exit)) as { StatusCode: number }).StatusCode;
    },

    ...createImages({ docker, isPullAllowed, maxImageBytes, onPull, removeStartCache: caches.removeStartCache }),

    ...createConfigCheck({ docker, confined, exitCodeOf, logTail }),

    startCache: caches.startCache,
    fillStartCache: caches.fillStartCache,

    async create(spec, secretEnv, files, { data, signal } = {}) {
      // Checks for abort before each side effect: another worker may own the job by now.
      const throwIfAborted = () => signal?.throwIfAborted();
      const options = createOptions(spec, secretEnv, await commandOf(spec.image), confined);
      throwIfAborted();
      await removeContainer(spec.names.container, true);
      throwIfAborted();
      await ensureNetwork(spec, options.Labels as Record<string, string>);
      await call(docker.createVolume(bodyAndQuery({ Name: spec.names.volume, Labels: options.Labels as Record<string, string> })));
      const volume = (await call(docker.getVolume(spec.names.volume).inspect()))?.Labels;
      if (!isOurs(volume) || volume?.['agentbot.owner'] !== spec.ownerId) throw nameTaken('volume', spec.names.volume);
      throwIfAborted();
      const created = await call(docker.createContainer(bodyAndQuery(options, { name: spec.names.container })));
      if (!created) throw new Error('The engine created no container');
      const { container } = spec.names;
      if (data) {
        const options = { path: DATA_FOLDER, ...(signal && { abortSignal: signal }) };
        await call(dockerWithoutTimeout.getContainer(container).putArchive(await data(), options));
      }
      throwIfAborted();
      if (files.length) await call(docker.getContainer(container).putArchive(packFiles(files), { path: DATA_FOLDER }));
      return created.id;
    },

    async start(spec) {
      // A task of a process that was killed may still work on the volume.
      const task = taskName(spec);
      if (await call(docker.getContainer(task).inspect(), [404])) await removeContainer(task);
      await call(docker.getContainer(spec.names.container).start(), [304]);
    },

    async stop(name) {
      const stop = () =>
        call(
          docker
            .getContainer(name)
            .stop({ t: 15 })
            .then(() => true),
          [304, 404],
        );
      // The lookup restores a changed name; it runs only when the engine stopped nothing under the original one.
      if (!(await stop()) && (await find(name))) await stop();
    },

    inspect,

    async usage(name) {
      const stats = await call(docker.getContainer(name).stats({ stream: false, 'one-shot': true }), [404, 409]);
      return stats?.memory_stats?.usage ? usageOf(stats) : null;
    },

    async *usages(name, signal) {
      // dockerode accepts a signal here; its types lack it.
      const options = { stream: true, abortSignal: signal } as { stream: true };
      const stream = await call(dockerWithoutTimeout.getContainer(name).stats(options), [404, 409]);
      if (!stream) return;
      for await (const line of jsonLines(stream)) {
        const stats = line as Docker.ContainerStats;
        // After the container stops, the engine keeps sending empty samples.
        if (!stats.memory_stats?.usage) return;
        yield usageOf(stats);
      }
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
      const container = dockerWithoutTimeout.getContainer(name);
      // Two calls, because dockerode's types return a stream for `follow: true` and a buffer for `follow: false`.
      const output = follow
        ? await call(container.logs({ ...options, follow: true }), [404])
        : await call(container.logs({ ...options, follow: false }), [404]);
      if (output) yield* logLines(Buffer.isBuffer(output) ? [output] : (output as unknown as AsyncIterable<Buffer>));
    },

    async archive(name) {
      const stream = await call(dockerWithoutTimeout.getContainer(name).getArchive({ path: DATA_FOLDER }));
      return portableTar(stream as unknown as Readable, `${DATA_FOLDER.slice(DATA_FOLDER.lastIndexOf('/') + 1)}/`);
    },

    async withPaused(name, work) {
      await pauseContainer(name);
      try {
        return await work();
      } finally {
        await unpause(name);
      }
    },

    unpause,

    hasData: async ({ volume }) => Boolean(await call(docker.getVolume(volume).inspect(), [404])),

    removeData: (names) => removeData(names),

    async runOnce(spec, command, { memoryBytes = 256 * 1024 ** 2, pids = 512, variables = [], signal } = {}) {
      const name = taskName(spec);
      await removeContainer(name);
      const created = await call(
        docker.createContainer(
          bodyAndQuery(
            {
              Image: spec.image,
              Hostname: HOSTNAME,
              Labels: { 'agentbot.installation': spec.installation },
              User: `${AGENT_UID}:${AGENT_UID}`,
              Env: variables.map((variable) => `${variable}=set`),
              Entrypoint: ['/bin/sh', '-ec'],
              Cmd: [command],
              WorkingDir: DATA_FOLDER,
              HostConfig: {
                ...confined,
                PidsLimit: pids,
                Memory: memoryBytes,
                MemorySwap: memoryBytes,
                NanoCpus: Math.round(spec.cpus * 1e9),
                NetworkMode: 'none',
                Mounts: [{ Type: 'volume', Source: spec.names.volume, Target: DATA_FOLDER }],
              },
            },
            { name },
          ),
        ),
      );
      if (!created) throw new Error('The engine created no container');
      const container = docker.getContainer(name);
      const removeOnAbort = () => void removeContainer(name).catch(() => undefined);
      signal?.addEventListener('abort', removeOnAbort, { once: true });
      try {
        signal?.throwIfAborted();
        await call(container.start());
        const exitCode = await exitCodeOf(name);
        if (exitCode) throw new Error(`The command exited with code ${exitCode}: ${await logTail(name, 5)}`);
      } finally {
        signal?.removeEventListener('abort', removeOnAbort);
        await removeContainer(name);
      }
    },

    async removeAll(names, ownerId) {
      await removeData(names, ownerId);
      const network = await call(docker.getNetwork(names.network).inspect(), [404]);
      if (network && isOurs(network.Labels)) await call(docker.getNetwork(names.network).remove(), [404]);
      return true;
    },

    ...createVolumeMeter({ docker, installation, confined, exitCodeOf, logTail, removeContainer }),

    // Ports are published on this machine.
    transportTo: () => undefined,

    ...createInventory({ docker, dockerWithoutTimeout, removeContainer, removeVolume }),
  };
}
