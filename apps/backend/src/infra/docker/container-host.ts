import type { Agent as HttpAgent } from 'node:http';
import type { Readable } from 'node:stream';
import { AppError, type Plan } from '@agentbot/contracts';
import type { ModelTarget } from '../openclaw/providers.ts';

/**
 * The specification of an agent's container, without secrets. It is stored with the agent: a recreate uses the same one. It is a
 * type, since an interface is not assignable to a JSON column.
 */
export type AgentContainerSpec = {
  /** The version of this shape. An incompatible change raises it; `stored-spec.ts` migrates or refuses older rows. */
  version: 1;
  agentId: string;
  ownerId: string;
  installation: string;
  image: string;
  /** The plan that the limits and tools come from; the agent's current plan may differ. */
  plan: Plan;
  /** Hash of the files and variables that the container was created with. */
  fingerprint: string;
  /** The same without the configuration: when it is equal, the running gateway can take the configuration. Absent in older specifications. */
  environment?: string;
  names: { container: string; volume: string; network: string };
  /** Environment variables without secrets. */
  env: Record<string, string>;
  /** Environment variables that carry the agent's secrets: variable → name of the secret. */
  secretEnv: Record<string, string>;
  /** The receiver of the model's API key; absent in older specifications. */
  keyRecipient?: string;
  /** The models that the container calls through the model gateway, its own first; absent when it calls its providers itself. */
  models?: ModelTarget[];
  memoryBytes: number;
  cpus: number;
  pidsLimit: number;
  /** Host address and ports: `gateway` → 18789, `bridge` → 18791. */
  bind: { address: string; gateway: number; bridge: number };
  subnet: string;
  extraHosts: string[];
  /** The volume with the code that OpenClaw compiled while its image was warmed; null when the image contains its own cache. */
  cacheVolume: string | null;
};

/** The start cache of an image: compiled code that shortens a gateway's first start. */
export interface StartCache {
  /** The cache's volume; null when the image contains its own cache, or when warming failed within the last hour. */
  volume: string | null;
  /** Whether warming is finished or not needed; the volume is usable only then. */
  filled: boolean;
}

/** The input for a gateway that is started to fill its image's cache. */
export interface WarmingRequest {
  configuration: string;
  /** Environment variables that the configuration refers to; they get placeholder values. */
  variables: string[];
  /** Timeout until the gateway must be ready. */
  timeoutMs: number;
}

/** A file that is written into the agent's volume before the first start; `path` is relative to the data folder. */
export interface VolumeFile {
  path: string;
  content: string;
}

/** A configuration to validate with an image's own OpenClaw. */
export interface ConfigCheck {
  /** The text of `openclaw.json`. */
  configuration: string;
  /** Environment variables that the configuration refers to; they get placeholder values. */
  variables: string[];
  /** Plugins that the image must have; an empty list skips the plugin check. */
  plugins: string[];
}

/** Limits and environment of a command that runs once. */
export interface RunOptions {
  /** Default: 256 MiB. */
  memoryBytes?: number;
  /** Default: 512 processes and threads. */
  pids?: number;
  /** Environment variables that the configuration refers to; they get placeholder values. */
  variables?: string[];
  signal?: AbortSignal;
}

/** Opens a new tar stream of an agent's data at each call. */
export type OpenData = () => Promise<Readable>;

/** The status of a container whose machine cannot be used. */
export const UNREACHABLE = 'unreachable';

/** The state of an agent's container, as the engine reports it. */
export interface ContainerState {
  id: string;
  image: string;
  status: string;
  running: boolean;
  createdAt: Date;
  startedAt: Date | null;
  exitCode: number;
  oomKilled: boolean;
  /** Automatic restarts by the engine since the last start command. */
  restarts: number;
  /** Why its machine cannot be used, as a sentence: the state is then not known. */
  problem?: string;
}

/** A container, network or volume with this installation's label. */
export interface Owned {
  kind: 'container' | 'network' | 'volume';
  name: string;
  /** The agent that it belongs to; undefined when it belongs to none. */
  agentId: string | undefined;
  createdAt: Date;
  /** The node that has it; undefined on one machine. */
  node?: { id: string; name: string };
  /** Whether its agent lives on another node now. */
  hasLeft?: boolean;
}

/** One sample of a container's resource usage. CPU times are nanoseconds since the container's start, sizes are bytes. */
export interface ContainerUsage {
  cpu: number;
  systemCpu: number;
  onlineCpus: number;
  /** Excludes the page cache. */
  memory: number;
  memoryLimit: number;
  received: number;
  sent: number;
  read: number;
  written: number;
  pids: number;
}

/** A line of a container's log. Its id is the time in nanoseconds since 1970: ids sort, and a restart does not change them. */
export interface ContainerLogLine {
  id: string;
  at: Date;
  stream: 'stdout' | 'stderr';
  text: string;
}

/** The size of an agent's data. A sparse file has a length, its apparent size, but uses less disk. */
export interface VolumeSize {
  /** The disk that files and folders use. */
  realBytes: number;
  /** The length of all files together. */
  apparentBytes: number;
  /** The number of files and folders. */
  files: number;
  /** The number of folders that the agent's own user cannot read; their content is not counted. */
  unreadable: number;
  /** Whether everything was counted: false beyond the maximum number of files, or of seconds. */
  complete: boolean;
}

/** A volume to measure, and whose it is. */
export interface MeasuredVolume {
  volume: string;
  agentId: string;
  ownerId: string;
}

/** Thrown when the engine finds a leased port or subnet in use: the caller must lease another slot. */
export class SlotTakenError extends Error {}

/** Thrown when an image is not on the engine and cannot be pulled. */
export class ImageMissingError extends AppError {
  constructor(message: string, options: { cause?: unknown } = {}) {
    super('OPERATION_FAILED', message, options);
  }
}

/**
 * The port to the engine that runs agents' containers. Every call throws AppError DOCKER_UNAVAILABLE when the engine is
 * unreachable. Every call is idempotent: names derive from the agent's id, so a retry adopts the first attempt's objects.
 */
export interface ContainerHost {
  /** Tells whether the engine answers; the result is cached for up to two seconds. */
  available(): Promise<boolean>;
  /** Tells whether the engine answers, without the cache. */
  ping(): Promise<boolean>;
  capacity(): Promise<{ memoryBytes: number; cpus: number }>;
  /**
   * Pulls the image unless the engine has it; returns its id and its OpenClaw version.
   * @throws ImageMissingError when the image may not or cannot be pulled, or is too large
   */
  ensureImage(image: string, signal: AbortSignal): Promise<{ id: string; version: string; pulled: boolean }>;
  /** An image's size, and the OpenClaw version in its label or name; null when the image is not on the engine. */
  findImage(image: string): Promise<{ sizeBytes: number; version: string } | null>;
  /**
   * Removes an image and its start cache. @returns false when a container uses the image, so that it stays; true also without the
   * image
   */
  removeImage(image: string, installation: string): Promise<boolean>;
  /**
   * Validates an `openclaw.json` with the OpenClaw of a present image, in a short-lived container without network.
   * @returns one line per refused setting and per missing plugin; empty when the configuration is valid
   * @throws AppError OPERATION_FAILED when the image cannot run the check
   */
  validateConfig(image: string, installation: string, check: ConfigCheck, signal: AbortSignal): Promise<string[]>;
  /** The start cache that this installation has on this host for a present image. */
  startCache(image: string, installation: string): Promise<StartCache>;
  /**
   * Fills an image's start cache: starts its gateway once, without network, on a configuration with every channel. A cold
   * gateway compiles its code for half a minute and needs four times the memory. Agents cannot write to the cache.
   * @throws AppError OPERATION_FAILED with the last log lines when the gateway exits or is not ready within the timeout
   */
  fillStartCache(image: string, installation: string, request: WarmingRequest, signal: AbortSignal): Promise<void>;
  /**
   * Creates an agent's container, and its volume and network when they are missing. Replaces an existing container.
   * @param options `data` is written to the volume before `files`; after `signal` aborts, no further step starts
   * @returns the container's id
   * @throws AppError OPERATION_FAILED when a name belongs to another installation, or the volume to another owner
   * @throws SlotTakenError
   */
  create(
    spec: AgentContainerSpec,
    secretEnv: Record<string, string>,
    files: VolumeFile[],
    options?: { data?: OpenData | undefined; signal?: AbortSignal },
  ): Promise<string>;
  start(spec: AgentContainerSpec): Promise<void>;
  stop(containerName: string): Promise<void>;
  inspect(containerName: string): Promise<ContainerState | null>;
  /** Waits until a container exits the next time, also when the engine restarts it then. @returns its exit code @throws Error on abort */
  nextExit(containerName: string, signal: AbortSignal): Promise<number>;
  /** One sample of a container's resource usage; `null` when the container does not run. */
  usage(containerName: string): Promise<ContainerUsage | null>;
  /** One sample per second, until the container stops. */
  usages(containerName: string, signal: AbortSignal): AsyncIterable<ContainerUsage>;
  /** The last lines of the container's log, for the reason of a failure. */
  logTail(containerName: string, lines: number): Promise<string>;
  /** A tar stream of the agent's data; entry names are relative to the data folder. Works on a stopped container too. */
  archive(containerName: string): Promise<Readable>;
  /**
   * Measures agents' volumes in one short-lived container of an image that is on the engine.
   * @returns the sizes by agent, without agents that have no volume; and the free bytes of the file system that holds volumes
   * @throws Error when the container fails, or when the signal aborts
   */
  measureVolumes(
    image: string,
    volumes: MeasuredVolume[],
    signal: AbortSignal,
  ): Promise<{ sizes: Map<string, VolumeSize>; freeBytes: number }>;
  /** Makes connections to the published ports of a container; undefined when these are on this machine. */
  transportTo(containerName: string): HttpAgent | undefined;
  /** Runs `work` while the container is paused, so that its files do not change; a stopped container stays stopped. */
  withPaused<T>(containerName: string, work: () => Promise<T>): Promise<T>;
  /** Unpauses a container; does nothing when it is not paused. */
  unpause(containerName: string): Promise<void>;
  /**
   * Reads a container's log: the last `tail` lines, or the lines from id `since` on. `follow` continues until the container
   * stops. Yields the lines of each chunk together; yields nothing when there is no such container.
   */
  logs(
    containerName: string,
    options: { tail?: number; since?: string; follow: boolean },
    signal: AbortSignal,
  ): AsyncIterable<ContainerLogLine[]>;
  /** Whether the engine has the agent's volume. */
  hasData(names: AgentContainerSpec['names']): Promise<boolean>;
  /** Removes the container and the volume, which holds all of the agent's data. */
  removeData(names: AgentContainerSpec['names']): Promise<void>;
  /**
   * Runs a shell command once on the agent's volume, in the agent's image, without network.
   * @throws Error when the command exits with a code other than 0, or when the signal aborts
   */
  runOnce(spec: AgentContainerSpec, command: string, options?: RunOptions): Promise<void>;
  /**
   * Removes an agent's container, volume and network, if present. With `ownerId`, keeps a volume of another owner.
   * @returns false when something of it may be left on a machine that does not answer
   */
  removeAll(names: AgentContainerSpec['names'], ownerId?: string): Promise<boolean>;
  /** The containers of an installation's agents; `status` is the engine's own word. */
  agents(installation: string): Promise<{ agentId: string; name: string; status: string; running: boolean }[]>;
  /** All containers, networks and volumes with the installation's label; not complete when a machine does not answer. */
  owned(installation: string): Promise<{ objects: Owned[]; isComplete: boolean }>;
  /** Removes one object of `owned`; does nothing when it no longer exists. */
  removeOwned(owned: Pick<Owned, 'kind' | 'name' | 'node'>): Promise<void>;
  /** Calls `onChange` with the agent's id when its container starts, dies, is removed or renamed, until `signal` aborts. */
  watch(installation: string, signal: AbortSignal, onChange: (agentId: string) => void): Promise<void>;
}
