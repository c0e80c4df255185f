import { execFileSync } from 'node:child_process';

/** A host on the internet that this machine reaches: that of the registry that the package client is configured for. */
export function registryHost(): string {
  const registry = execFileSync('pnpm', ['config', 'get', 'registry'], { encoding: 'utf8' }).trim();
  if (!URL.canParse(registry)) throw new Error(`pnpm has no registry configured ("${registry}"): these tests need a host to reach`);
  return new URL(registry).hostname;
}
