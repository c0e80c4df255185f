import { request } from 'node:https';
import { AppError } from '@agentbot/contracts';
import type { ContainerHost } from '../docker/container-host.ts';
import { createDockerHost, type DockerHostOptions } from '../docker/docker-host.ts';
import { type Credentials, nodeName } from './credentials.ts';
import { createTlsAgent, FETCH_IMAGE, openTunnel } from './node-connection.ts';
import type { NodeDirectory, SwarmNode } from './nodes.ts';

interface Parts {
  nodes: NodeDirectory;
  installation: string;
  /** The port of the nodes' services. */
  port: number;
  credentials: () => Credentials;
  dockerOptions: DockerHostOptions;
}

/** A node, and the container host on its engine. */
export interface NodeHost {
  node: SwarmNode;
  host: ContainerHost;
}

/** The engines of a swarm's nodes, each reached through the service of its node. */
export function createNodeHosts({ nodes, installation, port, credentials, dockerOptions }: Parts) {
  const hosts = new Map<string, { address: string; host: ContainerHost }>();
  /** Since when the service of a node does not answer, by node. */
  const silentSince = new Map<string, Date>();

  const serviceOn = ({ id, address }: SwarmNode) => ({ host: address, port, name: nodeName(id) });

  function hostOf(node: SwarmNode): ContainerHost {
    const known = hosts.get(node.id);
    if (known?.address === node.address) return known.host;
    const createAgent = () => createTlsAgent(serviceOn(node), credentials);
    const host = createDockerHost(`https://${node.address}:${port}`, installation, { ...dockerOptions, createAgent });
    hosts.set(node.id, { address: node.address, host });
    return host;
  }

  /** Why a node cannot be used, as a sentence; undefined when it can. */
  async function problemOf(node: SwarmNode): Promise<string | undefined> {
    if (!node.isReachable) return `The node ${node.name} is unreachable since ${node.changedAt.toISOString()}`;
    if (await hostOf(node).available()) return void silentSince.delete(node.id);
    if (!silentSince.has(node.id)) silentSince.set(node.id, new Date());
    return `The service of the node ${node.name} does not answer since ${silentSince.get(node.id)?.toISOString()}`;
  }

  /** The nodes that can be used now. @throws AppError DOCKER_UNAVAILABLE when no manager answers */
  async function usable(): Promise<NodeHost[]> {
    const all = await nodes.list();
    const problems = await Promise.all(all.map(problemOf));
    return all.filter((_, index) => !problems[index]).map((node) => ({ node, host: hostOf(node) }));
  }

  /** Asks all nodes; not complete when some cannot be used, or fail meanwhile. */
  async function survey<T>(ask: (each: NodeHost) => Promise<T>): Promise<{ answers: T[]; isComplete: boolean }> {
    const isAway = (error: unknown) => error instanceof AppError && error.code === 'DOCKER_UNAVAILABLE';
    const [all, asked] = [await nodes.list(), await usable()];
    const given = asked.map((each) =>
      ask(each).then(
        (answer) => [answer],
        (error) => {
          if (isAway(error)) return [];
          throw error;
        },
      ),
    );
    const answers = (await Promise.all(given)).flat();
    return { answers, isComplete: answers.length === all.length };
  }

  /** The answers of the usable nodes, without those that fail meanwhile. */
  const askAll = async <T>(ask: (each: NodeHost) => Promise<T>): Promise<T[]> => (await survey(ask)).answers;

  /** The usable nodes that have an image. */
  const withImage = async (image: string): Promise<NodeHost[]> =>
    (await askAll(async (each) => ((await each.host.findImage(image)) ? [each] : []))).flat();

  return {
    hostOf,
    problemOf,
    usable,
    survey,
    askAll,
    withImage,

    /** @throws AppError OPERATION_FAILED for a node that has left the swarm, or that cannot be used; its message names the node */
    async require(nodeId: string): Promise<NodeHost> {
      const node = await nodes.find(nodeId);
      const problem = node ? await problemOf(node) : 'The node of this agent has left the swarm';
      if (!node || problem) throw new AppError('OPERATION_FAILED', problem);
      return { node, host: hostOf(node) };
    },

    /** Brings an image to a node: from another node that has it, or else from its registry. @throws AppError OPERATION_FAILED */
    async bringImage({ node, host }: NodeHost, image: string, signal: AbortSignal): Promise<void> {
      if (await host.findImage(image)) return;
      const [source] = await withImage(image);
      if (!source) return void (await host.ensureImage(image, signal));
      const agent = createTlsAgent(serviceOn(node), credentials);
      const body = JSON.stringify({ image, node: source.node.id, host: source.node.address });
      const status = await new Promise<number>((resolve, reject) => {
        const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) };
        const options = { host: node.address, port, method: 'POST', path: FETCH_IMAGE, agent, headers, signal };
        const asked = request(options, (answer) =>
          answer
            .resume()
            .once('end', () => resolve(answer.statusCode ?? 0))
            .once('error', reject),
        );
        asked.once('error', reject).end(body);
      }).finally(() => agent.destroy());
      if (status !== 200 || !(await host.findImage(image)))
        throw new AppError(
          'OPERATION_FAILED',
          `The image ${image} could not be brought from the node ${source.node.name} to the node ${node.name}`,
        );
    },

    /** Opens a connection to a port on the loopback address of a node. @throws Error when the node or the port cannot be reached */
    async connectTo({ node }: NodeHost, agentPort: number) {
      return openTunnel(serviceOn(node), credentials, `127.0.0.1:${agentPort}`);
    },
  };
}
