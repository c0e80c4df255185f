import type Docker from 'dockerode';
import type { ContainerHost } from './container-host.ts';
import { call, jsonLines } from './engine-client.ts';
import { containerNames } from './layout.ts';

interface Parts {
  docker: Docker;
  /** The same engine, without a limit of time. */
  dockerWithoutTimeout: Docker;
  removeContainer: (name: string) => Promise<void>;
}

/** What an installation has on one Docker Engine, found by its label, and what becomes of it. */
export function createInventory({
  docker,
  dockerWithoutTimeout,
  removeContainer,
}: Parts): Pick<ContainerHost, 'agents' | 'owned' | 'removeOwned' | 'watch'> {
  return {
    async agents(installation) {
      const filters = { label: [`agentbot.installation=${installation}`, 'agentbot.agent'] };
      const found = await call(docker.listContainers({ all: true, filters }));
      return (found ?? []).map(({ Labels, Names: [name = ''], State: status }) => ({
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
      return [
        ...(containers ?? []).map(({ Names: [name = ''], Labels, Created }) => {
          const agentId = agentOf(Labels);
          return {
            kind: 'container' as const,
            // One that was renamed by hand is removed by the name that it was made with.
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
        ...(volumes?.Volumes ?? []).map(({ Name: name, Labels, ...more }) => ({
          kind: 'volume' as const,
          name,
          agentId: agentOf(Labels),
          createdAt: new Date((more as { CreatedAt?: string }).CreatedAt ?? 0),
        })),
      ];
    },

    async removeOwned({ kind, name }) {
      if (kind === 'container') await removeContainer(name);
      else if (kind === 'network') await call(docker.getNetwork(name).remove(), [404]);
      else await call(docker.getVolume(name).remove({ force: true }), [404]);
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
