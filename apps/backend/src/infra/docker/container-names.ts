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
 * Creates a lookup of containers by name. When an operator renamed an agent's container by hand, the lookup finds it by its
 * labels and restores its name, because all other calls use that name.
 */
export function createContainerFinder({ docker, installation, log }: Parts) {
  async function restoreName(name: string): Promise<boolean> {
    const agentId = agentOfContainer(name);
    if (!agentId) return false;
    const filters = { label: [`agentbot.installation=${installation}`, `agentbot.agent=${agentId}`] };
    const [container] = (await call(docker.listContainers({ all: true, filters }))) ?? [];
    if (!container) return false;
    // Another process may remove the container, or restore its name, at the same time.
    await call(docker.getContainer(container.Id).rename({ name }), [404, 409]);
    log.warn({ agentId, renamed: container.Names[0]?.slice(1) }, "an agent's container was renamed by hand; its name was restored");
    return true;
  }

  /** The engine's description of a container; undefined when there is no such container. */
  return async function find(name: string): Promise<Docker.ContainerInspectInfo | undefined> {
    const inspect = () => call(docker.getContainer(name).inspect(), [404]);
    return (await inspect()) ?? ((await restoreName(name)) ? inspect() : undefined);
  };
}
