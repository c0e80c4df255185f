import type { ContainerHost } from '../../../infra/docker/container-host.ts';
import { containerNames } from '../../../infra/docker/layout.ts';
import type { UsageWriter } from './usage-writer.ts';

/** The maximum number of concurrent requests to the engine. */
const CONCURRENCY = 8;

/** Passes one sample per second of an agent's container to the writer, until the container stops or `shouldStop` is true. */
export async function collectUsage(
  host: ContainerHost,
  writer: UsageWriter,
  agentId: string,
  signal: AbortSignal,
  shouldStop: () => boolean,
): Promise<void> {
  for await (const usage of host.usages(containerNames(agentId).container, signal)) {
    if (shouldStop()) return;
    writer.add(agentId, usage);
  }
  if (!signal.aborted) await writer.end(agentId);
}

/** Passes one sample of each running agent to the writer: for installations with too many agents for a stream each. */
export async function sampleUsage(host: ContainerHost, writer: UsageWriter, installation: string): Promise<void> {
  const agents = await host.agents(installation);
  const queue = agents.filter(({ running }) => running).map(({ agentId }) => agentId);
  const work = async () => {
    for (let agentId = queue.pop(); agentId; agentId = queue.pop()) {
      const usage = await host.usage(containerNames(agentId).container);
      if (usage) writer.add(agentId, usage);
    }
  };
  await Promise.all(Array.from({ length: CONCURRENCY }, work));
}
