import { randomUUID } from 'node:crypto';
import type Docker from 'dockerode';
import { z } from 'zod';
import type { ContainerHost } from './container-host.ts';
import { AGENT_UID, type Confinement } from './container-options.ts';
import { bodyAndQuery, call } from './engine-client.ts';
import { DATA_FOLDER } from './layout.ts';

/** The folder that the measured volumes are mounted in, read-only. */
const VOLUMES = '/opt/agentbot/volumes';
/** More files than these are not counted. */
export const MAX_FILES = 1_000_000;
/** The time for one volume. A million files take five to ten seconds. */
const VOLUME_MS = 20_000;
const START_MS = 60_000;

/**
 * Measures folders with Node.js, which every OpenClaw image has. The program prints the free bytes of the file system of its first
 * argument, then the size of the folder in each other argument, one line each. File names are read as bytes, since a name may not be
 * UTF-8. An agent may change the folder meanwhile, so a vanished file is no error. The memory does not grow with the number of
 * files: only the folders on the way down are open.
 */
const MEASURE = `
const fs = require('fs');
const [own, ...folders] = process.argv.slice(1);
const { bavail, bsize } = fs.statfsSync(own);
console.log(bavail * bsize);
for (const folder of folders) {
  const size = { realBytes: 0, apparentBytes: 0, files: 0, unreadable: 0, complete: true };
  const linked = new Set(), open = [], end = Date.now() + ${VOLUME_MS};
  const read = (work) => {
    try { return work(); } catch (error) { if (error.code !== 'ENOENT' && error.code !== 'ENOTDIR') size.unreadable++; }
  };
  const enter = (path) => {
    const dir = read(() => fs.opendirSync(path, { encoding: 'buffer' }));
    if (dir) open.push({ path, dir });
  };
  enter(Buffer.from(folder));
  while (open.length > 0) {
    const { path, dir } = open.at(-1);
    const entry = read(() => dir.readSync());
    if (!entry) { dir.closeSync(); open.pop(); continue; }
    if (size.files === ${MAX_FILES} || Date.now() > end) { size.complete = false; break; }
    const file = Buffer.concat([path, Buffer.from('/'), Buffer.from(entry.name)]);
    const stat = read(() => fs.lstatSync(file));
    if (!stat) continue;
    size.files++;
    if (!stat.isDirectory() && stat.nlink > 1 && linked.size === linked.add(stat.ino).size) continue;
    size.realBytes += stat.blocks * 512;
    if (stat.isFile()) size.apparentBytes += stat.size;
    if (stat.isDirectory()) enter(file);
  }
  for (const { dir } of open) dir.closeSync();
  console.log(JSON.stringify(size));
}`;

const sizeLine = z.strictObject({
  realBytes: z.int().nonnegative(),
  apparentBytes: z.int().nonnegative(),
  files: z.int().nonnegative(),
  unreadable: z.int().nonnegative(),
  complete: z.boolean(),
});

interface Parts extends Pick<ContainerHost, 'logTail'> {
  docker: Docker;
  installation: string;
  /** The security options of every container. */
  confined: Confinement;
  /** Waits until a container exits. */
  exitCodeOf: (name: string) => Promise<number>;
  removeContainer: (name: string) => Promise<void>;
}

/**
 * The part of the container host that measures volumes: in one short-lived container for many of them, without network. The
 * engine's own figure (`GET /system/df`) lacks the disk that a file uses, and counts every volume on the engine.
 */
export function createVolumeMeter({
  docker,
  installation,
  confined,
  exitCodeOf,
  logTail,
  removeContainer,
}: Parts): Pick<ContainerHost, 'measureVolumes'> {
  return {
    async measureVolumes(image, agents, signal) {
      const name = `openclaw-measure.${randomUUID()}`;
      const filters = { label: [`agentbot.installation=${installation}`] };
      const present = new Set(((await call(docker.listVolumes({ filters })))?.Volumes ?? []).map((volume) => volume.Name));
      const measured = agents.filter(({ volume }) => present.has(volume));
      const created = await call(
        docker.createContainer(
          bodyAndQuery(
            {
              Image: image,
              Labels: { 'agentbot.installation': installation },
              User: `${AGENT_UID}:${AGENT_UID}`,
              Entrypoint: ['node', '-e', MEASURE],
              Cmd: [DATA_FOLDER, ...measured.map(({ volume }) => `${VOLUMES}/${volume}`)],
              WorkingDir: DATA_FOLDER,
              HostConfig: {
                ...confined,
                // A runtime such as gVisor has threads of its own in the container.
                PidsLimit: 512,
                Memory: 256 * 1024 ** 2,
                MemorySwap: 256 * 1024 ** 2,
                NanoCpus: 5e8,
                NetworkMode: 'none',
                LogConfig: { Type: 'json-file', Config: {} },
                Mounts: [
                  // An anonymous volume: the engine removes it with the container.
                  { Type: 'volume', Source: '', Target: DATA_FOLDER },
                  ...measured.map(({ volume, agentId, ownerId }) => ({
                    Type: 'volume' as const,
                    Source: volume,
                    Target: `${VOLUMES}/${volume}`,
                    ReadOnly: true,
                    // The engine creates a volume that was removed since the list was read.
                    VolumeOptions: {
                      Labels: { 'agentbot.installation': installation, 'agentbot.agent': agentId, 'agentbot.owner': ownerId },
                    },
                  })),
                ],
              },
            } as Docker.ContainerCreateOptions,
            { name },
          ),
        ),
      );
      if (!created) throw new Error('The engine created no container');
      const deadline = AbortSignal.any([signal, AbortSignal.timeout(START_MS + measured.length * VOLUME_MS)]);
      const removeOnAbort = () => void removeContainer(name).catch(() => undefined);
      deadline.addEventListener('abort', removeOnAbort, { once: true });
      try {
        deadline.throwIfAborted();
        await call(docker.getContainer(name).start());
        const exitCode = await exitCodeOf(name);
        deadline.throwIfAborted();
        const [free, ...lines] = (await logTail(name, measured.length + 1)).split('\n');
        if (exitCode || lines.length !== measured.length) throw new Error(`The volumes could not be measured: exit code ${exitCode}`);
        const sizes = lines.map((line) => sizeLine.parse(JSON.parse(line)));
        return {
          freeBytes: z.coerce.number().nonnegative().parse(free),
          sizes: new Map(measured.flatMap(({ agentId }, index) => (sizes[index] ? [[agentId, sizes[index]] as const] : []))),
        };
      } finally {
        deadline.removeEventListener('abort', removeOnAbort);
        await removeContainer(name);
      }
    },
  };
}
