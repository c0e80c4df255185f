import type { ContainerHost } from '../../../infra/docker/container-host.ts';
import { containerNames } from '../../../infra/docker/layout.ts';
import type { UsageWriter } from './usage-writer.ts';

/** So many containers are asked at once in a sweep. */
const CONCURRENCY = 8;

/** Hands an agent's figures to the writer, a sample a second, until its container stops or `enough` says so. */
export async function collectUsage(
  host: ContainerHost,
  writer: UsageWriter,
  agentId: string,
  signal: AbortSignal,
  enough: () => boolean,
): Promise<void> {
  for await (const usage of host.usages(containerNames(agentId).container, signal)) {
    if (enough()) return;
    writer.add(agentId, usage);
  }
  if (!signal.aborted) await writer.end(agentId);
}

/** Hands a sample of each running agent to the writer: where there are too many for a stream each. */
export async function sampleUsage(host: ContainerHost, writer: UsageWriter, installation: string): Promise<void> {
  const agents = await host.agents(installation);
  const waiting = agents.filter(({ running }) => running).map(({ agentId }) => agentId);
  const next = async () => {
    for (let agentId = waiting.pop(); agentId; agentId = waiting.pop()) {
      const usage = await host.usage(containerNames(agentId).container);
      if (usage) writer.add(agentId, usage);
    }
  };
  await Promise.all(Array.from({ length: CONCURRENCY }, next));
}
