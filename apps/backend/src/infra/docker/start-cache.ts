import { setTimeout as sleep } from 'node:timers/promises';
import { AppError } from '@agentbot/contracts';
import type Docker from 'dockerode';
import { pack } from 'tar-stream';
import type { ContainerHost, WarmingRequest } from './container-host.ts';
import { AGENT_UID, CACHE_FOLDER, CACHE_MOUNT, type Confinement, RUN_IMAGE } from './container-options.ts';
import { bodyAndQuery, call } from './engine-client.ts';
import { DATA_FOLDER, GATEWAY_CONTAINER_PORT } from './layout.ts';
import { packFiles } from './volume-tar.ts';

/** Images with this label were warmed during their build. */
const WARMED_LABEL = 'agentbot.recipe';
const FILL_CACHE = `ln -s ${CACHE_MOUNT}/jiti ${CACHE_FOLDER}; ${RUN_IMAGE}`;
/** Wait after the gateway is healthy: it loads channels only then. */
const CHANNELS_LOAD_MS = 6_000;
const WARMING_MEMORY = 3 * 1024 ** 3;
/** Delay until a failed warming may be retried. */
const RETRY_AFTER_MS = 3_600_000;
const isHealthy = `fetch('http://127.0.0.1:${GATEWAY_CONTAINER_PORT}/healthz').then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))`;

interface Parts extends Pick<ContainerHost, 'logTail'> {
  docker: Docker;
  /** The security options of every container. */
  confined: Confinement;
  /** The image's working folder, then the image's command. */
  commandOf: (image: string) => Promise<string[]>;
  removeContainer: (name: string) => Promise<void>;
  removeVolume: (name: string) => Promise<void>;
}

/** The part of the container host that keeps start caches on one Docker Engine: one volume of compiled code per image. */
export function createStartCaches({ docker, confined, commandOf, logTail, removeContainer, removeVolume }: Parts): Pick<
  ContainerHost,
  'startCache' | 'fillStartCache'
> & {
  /** Removes an image's start cache, and the container that marks it as filled. */
  removeStartCache: (image: string, installation: string) => Promise<void>;
} {
  /**
   * The names of an image's cache volume and of the container that fills it; null when the image needs no cache. A container
   * that exited with 0 is kept: it marks the cache as filled.
   */
  async function warmingNames(image: string, installation: string) {
    const info = await call(docker.getImage(image).inspect(), [404]);
    if (!info || info.Config.Labels?.[WARMED_LABEL]) return null;
    const suffix = `${installation}-${info.Id.replace('sha256:', '').slice(0, 12)}`;
    return { container: `openclaw-warm.${suffix}`, volume: `openclaw-cache-${suffix}` };
  }

  /** Creates and starts the container that fills an image's cache; leaves the container of another process alone. */
  async function startWarming(
    names: { container: string; volume: string },
    [image, installation, { configuration, variables }]: [string, string, WarmingRequest],
  ): Promise<void> {
    const labels = { 'agentbot.installation': installation };
    const command = await commandOf(image);
    await call(docker.createVolume(bodyAndQuery({ Name: names.volume, Labels: labels })));
    const created = await call(
      docker.createContainer(
        bodyAndQuery(
          {
            Image: image,
            Labels: labels,
            User: `${AGENT_UID}:${AGENT_UID}`,
            Entrypoint: ['sh', '-c', FILL_CACHE, 'sh'],
            Cmd: command,
            WorkingDir: DATA_FOLDER,
            Env: ['NODE_ENV=production', 'OPENCLAW_NO_RESPAWN=1', ...variables.map((name) => `${name}=set`)],
            Healthcheck: { Test: ['CMD', 'node', '-e', isHealthy], Interval: 2e9, Timeout: 5e9, Retries: 1000, StartPeriod: 0 },
            StopTimeout: 15,
            HostConfig: {
              ...confined,
              PidsLimit: 512,
              Memory: WARMING_MEMORY,
              MemorySwap: WARMING_MEMORY,
              NetworkMode: 'none',
              LogConfig: { Type: 'json-file', Config: {} },
              Mounts: [
                { Type: 'volume', Source: '', Target: DATA_FOLDER },
                { Type: 'volume', Source: names.volume, Target: CACHE_MOUNT },
              ],
            },
          },
          { name: names.container },
        ),
      ),
      [409],
    );
    if (!created) return;
    const container = docker.getContainer(names.container);
    await call(container.putArchive(packFiles([{ path: 'openclaw.json', content: configuration }]), { path: DATA_FOLDER }));
    // The volume's root folder belongs to root, so the gateway needs a folder that it owns.
    const folder = pack();
    folder.entry({ name: 'jiti', type: 'directory', mode: 0o755, uid: AGENT_UID, gid: AGENT_UID });
    folder.finalize();
    await call(container.putArchive(folder as unknown as NodeJS.ReadableStream, { path: CACHE_MOUNT }));
    await call(container.start());
  }

  const failure = async (name: string, reason: string) =>
    new AppError('OPERATION_FAILED', `The image's gateway ${reason}: ${(await logTail(name, 3)).slice(0, 400)}`);

  return {
    async startCache(image, installation) {
      const names = await warmingNames(image, installation);
      if (!names) return { volume: null, filled: true };
      const state = (await call(docker.getContainer(names.container).inspect(), [404]))?.State;
      if (state?.Status !== 'exited') return { volume: names.volume, filled: false };
      if (state.ExitCode === 0) return { volume: names.volume, filled: true };
      const failedRecently = Date.now() - Date.parse(state.FinishedAt) < RETRY_AFTER_MS;
      return failedRecently ? { volume: null, filled: true } : { volume: names.volume, filled: false };
    },

    async removeStartCache(image, installation) {
      const names = await warmingNames(image, installation);
      if (!names) return;
      await removeContainer(names.container);
      await removeVolume(names.volume);
    },

    async fillStartCache(image, installation, request, signal) {
      const names = await warmingNames(image, installation);
      if (!names) return;
      const container = docker.getContainer(names.container);
      const deadline = Date.now() + request.timeoutMs;
      let attempted = false;
      // Another process may warm the same image: each round acts on the container's current state only.
      for (let roundsCreated = 0; !signal.aborted; await sleep(500)) {
        const state = (await call(container.inspect(), [404]))?.State;
        if (state?.Status === 'exited' && state.ExitCode === 0) return;
        if (state?.Status === 'exited' && attempted) {
          throw await failure(names.container, `exited with code ${state.ExitCode}`);
        }
        if (Date.now() > deadline) {
          await call(container.stop({ t: 0 }), [304, 404]);
          throw await failure(names.container, `was not ready within ${request.timeoutMs / 1000} seconds`);
        }
        if (!state || state.Status === 'exited' || (state.Status === 'created' && ++roundsCreated > 20)) {
          attempted = true;
          roundsCreated = 0;
          await removeContainer(names.container);
          await startWarming(names, [image, installation, request]);
        } else if (state.Health?.Status === 'healthy') {
          await sleep(CHANNELS_LOAD_MS);
          await call(container.stop({ t: 15 }), [304, 404]);
        }
      }
    },
  };
}
