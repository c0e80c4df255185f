import type { Readable } from 'node:stream';
import { AppError, type Plan } from '@agentbot/contracts';

/**
 * Everything about one agent's container that is not secret; stored with the agent, so that a recreate is the same. A type and
 * no interface: only so is it assignable to a JSON column.
 */
export type AgentContainerSpec = {
  /** Of this shape. A change that older rows do not fit raises it, and `stored-spec.ts` migrates or refuses what is older. */
  version: 1;
  agentId: string;
  ownerId: string;
  installation: string;
  image: string;
  /** The plan whose limits and tools it has; the agent's own may have changed since. */
  plan: Plan;
  /** Of the files and variables it was made with. */
  fingerprint: string;
  names: { container: string; volume: string; network: string };
  /** Environment without secrets. */
  env: Record<string, string>;
  /** Environment variables that carry the agent's own secrets: variable → secret's name. */
  secretEnv: Record<string, string>;
  /** Whom its model's key is sent to; not known of older ones. */
  keyRecipient?: string;
  memoryBytes: number;
  cpus: number;
  pidsLimit: number;
  /** Host address and ports: `gateway` → 18789, `bridge` → 18791. */
  bind: { address: string; gateway: number; bridge: number };
  subnet: string;
  extraHosts: string[];
  /** The volume with what OpenClaw compiled when its image was warmed; null for an image that brings its own. */
  cacheVolume: string | null;
};

/** What an image needs for a quick start: the volume of its cache, `null` when it brings its own or could not be warmed lately. */
export interface StartCache {
  volume: string | null;
  /** Whether nothing is left to do; the volume is of use only then. */
  filled: boolean;
}

/** What the gateway of an image is started with to fill its cache. */
export interface WarmingRequest {
  configuration: string;
  /** Environment variables that the configuration refers to; they get stand-ins. */
  variables: string[];
  /** How long the gateway may take to become ready. */
  timeoutMs: number;
}

/** A file put into the agent's volume before the first start, by path inside it. */
export interface VolumeFile {
  path: string;
  content: string;
}

/** A configuration that an image's own OpenClaw is asked about. */
export interface ConfigCheck {
  /** The text of `openclaw.json`. */
  configuration: string;
  /** Environment variables that it refers to; they get stand-ins. */
  variables: string[];
  /** Plugins that the image must have; none when the image need not be asked. */
  plugins: string[];
}

/** Opens a tar stream of an agent's data; each call a new one. */
export type OpenData = () => Promise<Readable>;

/** What the engine says of an agent's container. */
export interface ContainerState {
  id: string;
  image: string;
  status: string;
  running: boolean;
  createdAt: Date;
  startedAt: Date | null;
  exitCode: number;
  oomKilled: boolean;
  /** How often the engine has started it again since it was last started by somebody. */
  restarts: number;
}

/** Something on the engine that bears this installation's label. */
export interface Owned {
  kind: 'container' | 'network' | 'volume';
  name: string;
  /** The agent that it was made for; undefined for what serves none. */
  agentId: string | undefined;
  createdAt: Date;
}

/** One sample of what a container uses. CPU times in nanoseconds since it started, sizes in bytes. */
export interface ContainerUsage {
  cpu: number;
  systemCpu: number;
  onlineCpus: number;
  /** Without the page cache. */
  memory: number;
  memoryLimit: number;
  received: number;
  sent: number;
  read: number;
  written: number;
  pids: number;
}

/** A line of a container's log. Ids are nanoseconds since 1970, so that they sort and survive a restart. */
export interface ContainerLogLine {
  id: string;
  at: Date;
  stream: 'stdout' | 'stderr';
  text: string;
}

/** Thrown when a leased port or subnet turns out to be in use: take another slot. */
export class SlotTakenError extends Error {}

/** Thrown when an image is neither here nor can be pulled. */
export class ImageMissingError extends AppError {
  constructor(message: string, options: { cause?: unknown } = {}) {
    super('OPERATION_FAILED', message, options);
  }
}

/**
 * Where agents' containers live. Every call throws AppError DOCKER_UNAVAILABLE when the engine cannot be reached, and
 * every call may be repeated: names derive from the agent's id, so a retry adopts what the first try made.
 */
export interface ContainerHost {
  /** Whether the engine answers; cached for at most two seconds. */
  available(): Promise<boolean>;
  /** The same, asked now. */
  ping(): Promise<boolean>;
  capacity(): Promise<{ memoryBytes: number; cpus: number }>;
  /** Makes the image present and tells its id and the OpenClaw version in it. */
  ensureImage(image: string, signal: AbortSignal): Promise<{ id: string; version: string; pulled: boolean }>;
  /**
   * Asks the OpenClaw of an image that is present about an `openclaw.json`, in a short-lived container without network.
   * @returns what it refuses and which plugins it lacks, a line each; empty when it accepts all
   */
  validateConfig(image: string, installation: string, check: ConfigCheck, signal: AbortSignal): Promise<string[]>;
  /** The cache of an image that is present, as far as this installation has filled it on this host. */
  startCache(image: string, installation: string): Promise<StartCache>;
  /**
   * Fills an image's cache by starting its gateway once, without network, on a configuration with every channel. A cold
   * gateway compiles itself for half a minute and takes four times the memory; agents cannot write to what is kept.
   * @throws AppError OPERATION_FAILED with the last log lines when the gateway ends by itself or does not become ready in time
   */
  fillStartCache(image: string, installation: string, request: WarmingRequest, signal: AbortSignal): Promise<void>;
  /**
   * Makes an agent's container, and its volume and network where they are missing; one of that name that is there is replaced.
   * @param options `data` that the volume gets before `files`; a `signal` after which nothing more is begun
   * @throws AppError OPERATION_FAILED when a name belongs to something that is not this installation's, or a volume to another
   *   owner; SlotTakenError
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
  /** A sample of a running container's use; `null` when it does not run. */
  usage(containerName: string): Promise<ContainerUsage | null>;
  /** Such a sample every second, until the container stops. */
  usages(containerName: string, signal: AbortSignal): AsyncIterable<ContainerUsage>;
  /** The last lines of the container's log, for a failure's reason. */
  logTail(containerName: string, lines: number): Promise<string>;
  /** The agent's data as a tar stream; entries are relative to the data folder. The container may be stopped. */
  archive(containerName: string): Promise<Readable>;
  /** Does something while a container, if it runs, is halted, so that its files stay as they are. */
  withPaused<T>(containerName: string, work: () => Promise<T>): Promise<T>;
  /** Lets a halted container go on. */
  unpause(containerName: string): Promise<void>;
  /**
   * The lines of a container's log: the last `tail`, or those from the line `since` on; with `follow` also what comes
   * until it stops; as many at once as came at once. Nothing when there is no such container.
   */
  logs(
    containerName: string,
    options: { tail?: number; since?: string; follow: boolean },
    signal: AbortSignal,
  ): AsyncIterable<ContainerLogLine[]>;
  /** Removes container and volume: all of the agent's data. */
  removeData(names: AgentContainerSpec['names']): Promise<void>;
  /** Runs a shell command once on the agent's volume, in its image, without network. @throws Error when it fails */
  runOnce(spec: AgentContainerSpec, command: string): Promise<void>;
  /** Removes container, volume and network of an agent; silent about what is not there. With an owner, nobody else's volume. */
  removeAll(names: AgentContainerSpec['names'], ownerId?: string): Promise<void>;
  /** The agents of an installation that have a container, with its name, the engine's word for how it is, and whether it runs. */
  agents(installation: string): Promise<{ agentId: string; name: string; status: string; running: boolean }[]>;
  /** Everything on the engine that bears the installation's label. */
  owned(installation: string): Promise<Owned[]>;
  /** Removes one of these; silent when it is gone. */
  removeOwned(owned: Pick<Owned, 'kind' | 'name'>): Promise<void>;
  /** Calls back with an agent's id when its container started, stopped, died or was renamed, until aborted. */
  watch(installation: string, signal: AbortSignal, onChange: (agentId: string) => void): Promise<void>;
}
