import type Docker from 'dockerode';
import type { ContainerHost } from './container-host.ts';
import { call, jsonLines } from './engine-client.ts';
import { containerNames } from './layout.ts';

interface Parts {
  docker: Docker;
  /** A client of the same engine without a timeout. */
  dockerWithoutTimeout: Docker;
  removeContainer: (name: string) => Promise<void>;
  removeVolume: (name: string) => Promise<void>;
}

/** The part of the container host that lists, removes and watches an installation's objects by their label. */
export function createInventory({
  docker,
  dockerWithoutTimeout,
  removeContainer,
  removeVolume,
}: Parts): Pick<ContainerHost, 'agents' | 'owned' | 'removeOwned' | 'watch'> {
  return {
    async agents(installation) {
      const filters = { label: [`agentbot.installation=${installation}`, 'agentbot.agent'] };
      const containers = await call(docker.listContainers({ all: true, filters }));
      return (containers ?? []).map(({ Labels, Names: [name = ''], State: status }) => ({
        agentId: Labels['agentbot.agent'] ?? '',
        name: name.replace('/', ''),
        status,
        running: status === 'running',
      }));
    },

    async owned(installation) {
      const filters = { label: [`agentbot.installation=${installation}`] };
      const [containers, networks, volumes] = await Promise.all([
        call(docker.listContainers({ all: true, filters })),
        call(docker.listNetworks({ filters })),
        call(docker.listVolumes({ filters })),
      ]);
      const agentOf = (labels: Record<string, string> | undefined) => labels?.['agentbot.agent'];
      const objects = [
        ...(containers ?? []).map(({ Names: [name = ''], Labels, Created }) => {
          const agentId = agentOf(Labels);
          return {
            kind: 'container' as const,
            // The original name: `removeContainer` finds a container that was renamed by hand by it.
            name: agentId ? containerNames(agentId).container : name.replace('/', ''),
            agentId,
            createdAt: new Date(Created * 1000),
          };
        }),
        ...(networks ?? []).map(({ Name: name, Labels, Created }) => ({
          kind: 'network' as const,
          name,
          agentId: agentOf(Labels),
          createdAt: new Date(Created),
        })),
        ...(volumes?.Volumes ?? []).map(({ Name: name, Labels, ...rest }) => ({
          kind: 'volume' as const,
          name,
          agentId: agentOf(Labels),
          createdAt: new Date((rest as { CreatedAt?: string }).CreatedAt ?? 0),
        })),
      ];
      return { objects, isComplete: true };
    },

    async removeOwned({ kind, name }) {
      if (kind === 'container') await removeContainer(name);
      else if (kind === 'network') await call(docker.getNetwork(name).remove(), [404]);
      else await removeVolume(name);
    },

    async watch(installation, signal, onChange) {
      const filters = {
        type: ['container' as const],
        event: ['start', 'die', 'destroy', 'oom', 'rename'],
        label: [`agentbot.installation=${installation}`],
      };
      const stream = (await call(dockerWithoutTimeout.getEvents({ filters, abortSignal: signal }))) as NodeJS.ReadableStream;
      for await (const event of jsonLines(stream)) {
        const agentId = (event as { Actor?: { Attributes?: Record<string, string> } }).Actor?.Attributes?.['agentbot.agent'];
        if (agentId) onChange(agentId);
      }
    },
  };
}
