import type Docker from 'dockerode';
import type { Logger } from 'pino';
import { call } from './engine-client.ts';
import { agentOfContainer } from './layout.ts';

interface Parts {
  docker: Docker;
  installation: string;
  log: Pick<Logger, 'warn'>;
}

/**
 * Looks containers up by name. An operator may have renamed an agent's container by hand: it is then found by its labels
 * and gets its name back, since everything else speaks of it by that name.
 */
export function createContainerFinder({ docker, installation, log }: Parts) {
  async function restoreName(name: string): Promise<boolean> {
    const agentId = agentOfContainer(name);
    if (!agentId) return false;
    const filters = { label: [`agentbot.installation=${installation}`, `agentbot.agent=${agentId}`] };
    const [found] = (await call(docker.listContainers({ all: true, filters }))) ?? [];
    if (!found) return false;
    // It may be removed, or get its name back elsewhere, at the same time.
    await call(docker.getContainer(found.Id).rename({ name }), [404, 409]);
    log.warn({ agentId, renamed: found.Names[0]?.slice(1) }, "an agent's container was renamed by hand; it has its name back");
    return true;
  }

  /** What the engine says of a container, or nothing when there is none. */
  return async function find(name: string): Promise<Docker.ContainerInspectInfo | undefined> {
    const inspect = () => call(docker.getContainer(name).inspect(), [404]);
    return (await inspect()) ?? ((await restoreName(name)) ? inspect() : undefined);
  };
}
