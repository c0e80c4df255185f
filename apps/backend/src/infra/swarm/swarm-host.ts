import type { Agent as HttpAgent } from 'node:http';
import { AppError } from '@agentbot/contracts';
import { pollLoop } from '../../shared/poll-loop.ts';
import { type AgentContainerSpec, type ContainerHost, type ContainerState, type Owned, UNREACHABLE } from '../docker/container-host.ts';
import { createDockerHost, type DockerHostOptions } from '../docker/docker-host.ts';
import { connect } from '../docker/engine-client.ts';
import { agentOfContainer, containerNames } from '../docker/layout.ts';
import type { Credentials } from './credentials.ts';
import { createTunnelAgent } from './node-connection.ts';
import { createNodeHosts, type NodeHost } from './node-hosts.ts';
import { createNodeDirectory, type SwarmNode } from './nodes.ts';
import { createPlacements } from './placements.ts';

const WATCH_MS = 2_000;

export interface SwarmOptions {
  credentials: () => Credentials;
  /** The port of the nodes' services. */
  nodePort: number;
  /** The image of the placeholders. */
  image: string;
  /** The share of an agent's memory that its node keeps free for it. */
  memoryShare: number;
  /** The swarm's constraints for agents of a plan; `*` for all plans. */
  constraints: { plan: string; constraint: string }[];
}

/** What a swarm offers beyond a container host. */
export interface Swarm {
  /** The nodes, each with the reason why it cannot be used. */
  nodes(): Promise<(SwarmNode & { problem?: string })[]>;
  /** Whether the swarm may place agents on a node. */
  setAvailability(node: string, availability: SwarmNode['availability']): Promise<void>;
  /** The places of the installation's agents: agent → node. */
  places(): Promise<Map<string, string>>;
  /** The node of an agent; undefined when it has no place. */
  nodeOf(agentId: string): Promise<string | undefined>;
  /**
   * Gives an agent its place on another node; container and data stay where they are.
   * @param node undefined for a choice of the swarm
   * @returns the node
   * @throws AppError OPERATION_FAILED when there is no room; the agent then has its former place
   */
  move(spec: AgentContainerSpec, node: string | undefined, signal: AbortSignal): Promise<string>;
  /** Removes an agent's container, network and volume from a node that it has left. */
  removeFrom(node: string, names: AgentContainerSpec['names'], ownerId: string): Promise<void>;
}

/**
 * The container host on a Docker Swarm. The swarm chooses a node for each agent; that node's engine runs the agent's container, as on one
 * machine. Every call about an agent goes to its node, through the service of that node.
 * @param dockerHost URL of the engine of a manager
 * @param installation as for `createDockerHost`
 */
export function createSwarmHost(
  dockerHost: string | undefined,
  installation: string,
  dockerOptions: DockerHostOptions,
  { credentials, nodePort, image, memoryShare, constraints }: SwarmOptions,
): { host: ContainerHost; swarm: Swarm } {
  const manager = connect(dockerHost, 60_000);
  const managerHost = createDockerHost(dockerHost, installation, dockerOptions);
  const directory = createNodeDirectory(manager);
  const placements = createPlacements({ manager, installation, image, memoryShare, constraints });
  const hosts = createNodeHosts({ nodes: directory, installation, port: nodePort, credentials, dockerOptions });
  const transports = new Map<string, HttpAgent>();

  const agentIdOf = (containerName: string) => agentOfContainer(containerName) ?? '';
  /** The host of a container's node; undefined when its agent has no place. @throws AppError when the node cannot be used */
  async function at(containerName: string): Promise<ContainerHost | undefined> {
    const node = await placements.nodeOf(agentIdOf(containerName));
    return node ? (await hosts.require(node)).host : undefined;
  }
  /** @throws AppError OPERATION_FAILED when the agent has no place, or its node cannot be used */
  async function require(containerName: string): Promise<ContainerHost> {
    const host = await at(containerName);
    if (!host) throw new AppError('OPERATION_FAILED', 'The agent has no place in the swarm');
    return host;
  }

  /** A node that has an image, or any node when none has it. @throws AppError DOCKER_UNAVAILABLE without a usable node */
  async function hostFor(imageName: string): Promise<ContainerHost> {
    const [found] = [...(await hosts.withImage(imageName)), ...(await hosts.usable())];
    if (!found) throw new AppError('DOCKER_UNAVAILABLE');
    return found.host;
  }

  /** The specification as a node needs it: without a start cache that this node does not have. */
  async function onNode({ host }: NodeHost, spec: AgentContainerSpec): Promise<AgentContainerSpec> {
    if (!spec.cacheVolume) return spec;
    const { volume, filled } = await host.startCache(spec.image, installation);
    return { ...spec, cacheVolume: filled ? volume : null };
  }

  const unreachableState = ({ changedAt }: SwarmNode, problem: string): ContainerState => ({
    id: '',
    image: '',
    status: UNREACHABLE,
    running: false,
    createdAt: changedAt,
    startedAt: null,
    exitCode: 0,
    oomKilled: false,
    restarts: 0,
    problem,
  });

  const host: ContainerHost = {
    available: managerHost.available,
    ping: managerHost.ping,

    async capacity() {
      const all = await directory.list();
      return { memoryBytes: Math.max(0, ...all.map((node) => node.memoryBytes)), cpus: Math.max(0, ...all.map(({ cpus }) => cpus)) };
    },

    ensureImage: async (imageName, signal) => (await hostFor(imageName)).ensureImage(imageName, signal),
    findImage: async (imageName) => (await hosts.askAll((each) => each.host.findImage(imageName))).find((found) => found !== null) ?? null,
    removeImage: async (imageName) => (await hosts.askAll((each) => each.host.removeImage(imageName, installation))).every(Boolean),
    validateConfig: async (imageName, ...rest) => (await hostFor(imageName)).validateConfig(imageName, ...rest),
    startCache: async (imageName) => (await hostFor(imageName)).startCache(imageName, installation),
    async fillStartCache(imageName, _installation, request, signal) {
      const having = await hosts.withImage(imageName);
      await Promise.all(having.map((each) => each.host.fillStartCache(imageName, installation, request, signal)));
    },

    async create(spec, secretEnv, files, options = {}) {
      const place = await hosts.require(await placements.place(spec, options.signal));
      await hosts.bringImage(place, spec.image, options.signal ?? new AbortController().signal);
      return place.host.create(await onNode(place, spec), secretEnv, files, options);
    },
    start: async (spec) => (await require(spec.names.container)).start(spec),
    stop: async (name) => (await at(name))?.stop(name),
    async inspect(name) {
      const nodeId = await placements.nodeOf(agentIdOf(name));
      const node = nodeId ? await directory.find(nodeId) : undefined;
      if (!node) return null;
      const problem = await hosts.problemOf(node);
      return problem ? unreachableState(node, problem) : hosts.hostOf(node).inspect(name);
    },
    nextExit: async (name, signal) => (await require(name)).nextExit(name, signal),
    usage: async (name) => (await at(name))?.usage(name) ?? null,
    async *usages(name, signal) {
      const found = await at(name);
      if (found) yield* found.usages(name, signal);
    },
    logTail: async (name, lines) => (await at(name))?.logTail(name, lines) ?? '',
    async *logs(name, options, signal) {
      const found = await at(name);
      if (found) yield* found.logs(name, options, signal);
    },
    archive: async (name) => (await require(name)).archive(name),
    withPaused: async (name, work) => (await require(name)).withPaused(name, work),
    unpause: async (name) => (await at(name))?.unpause(name),
    hasData: async (names) => (await at(names.container))?.hasData(names) ?? false,
    removeData: async (names) => (await at(names.container))?.removeData(names),
    runOnce: async (spec, ...rest) => (await require(spec.names.container)).runOnce(spec, ...rest),
    async removeAll(names, ownerId) {
      // An earlier node may still have something of it.
      const { isComplete } = await hosts.survey((each) => each.host.removeAll(names, ownerId));
      await placements.remove(agentIdOf(names.container));
      transports.delete(names.container);
      return isComplete;
    },

    async measureVolumes(imageName, volumes, signal) {
      const places = await placements.list();
      const measured = await hosts.askAll(async (each) => {
        const here = volumes.filter(({ agentId }) => places.get(agentId) === each.node.id);
        if (here.length === 0) return [];
        await hosts.bringImage(each, imageName, signal);
        return [await each.host.measureVolumes(imageName, here, signal)];
      });
      const results = measured.flat();
      if (results.length === 0) return (await hostFor(imageName)).measureVolumes(imageName, [], signal);
      return {
        sizes: new Map(results.flatMap(({ sizes }) => [...sizes])),
        freeBytes: Math.min(...results.map(({ freeBytes }) => freeBytes)),
      };
    },

    async agents() {
      const places = await placements.list();
      const asked = await hosts.askAll(async ({ node, host: each }) => ({ id: node.id, containers: await each.agents(installation) }));
      const present = asked.flatMap(({ id, containers }) => containers.filter(({ agentId }) => places.get(agentId) === id));
      const answered = new Set(asked.map(({ id }) => id));
      const absent = [...places].filter(([, node]) => !answered.has(node));
      return [
        ...present,
        ...absent.map(([agentId]) => ({ agentId, name: containerNames(agentId).container, status: UNREACHABLE, running: false })),
      ];
    },

    async owned() {
      const places = await placements.list();
      const { answers, isComplete } = await hosts.survey(async ({ node: { id, name }, host: each }) =>
        (await each.owned(installation)).objects.map((object): Owned => {
          const place = object.agentId === undefined ? undefined : places.get(object.agentId);
          return { ...object, node: { id, name }, ...(place !== undefined && place !== id && { hasLeft: true }) };
        }),
      );
      return { objects: answers.flat(), isComplete };
    },
    async removeOwned(object) {
      if (!object.node) throw new Error('An object of a swarm has a node');
      await (await hosts.require(object.node.id)).host.removeOwned(object);
    },

    async watch(_installation, signal, onChange) {
      const watched = new Map<string, AbortController>();
      const usedBefore = new Map<string, boolean>();
      /** Removes containers of agents that have no place on this node any more. The garbage collector handles their volumes. */
      async function removeStrays(node: SwarmNode): Promise<void> {
        const present = await hosts.hostOf(node).agents(installation);
        // Read after the containers: a new agent has its place before its container.
        const places = await placements.list();
        const strays = present.filter(({ agentId }) => places.get(agentId) !== node.id);
        await Promise.all(strays.map(({ name }) => hosts.hostOf(node).removeOwned({ kind: 'container', name })));
      }
      async function round(): Promise<void> {
        for (const node of await directory.list()) {
          const isUsable = !(await hosts.problemOf(node));
          if (isUsable && !watched.has(node.id)) {
            const ended = new AbortController();
            watched.set(node.id, ended);
            // A failure ends the watch, and the next round begins a new one.
            void removeStrays(node)
              .then(() => hosts.hostOf(node).watch(installation, AbortSignal.any([signal, ended.signal]), onChange))
              .catch(() => undefined)
              .finally(() => watched.delete(node.id));
          }
          if (!isUsable) watched.get(node.id)?.abort();
          // Each agent of a node that went away or came back has another state now.
          if ((usedBefore.get(node.id) ?? isUsable) !== isUsable)
            for (const [agentId, place] of await placements.list()) if (place === node.id) onChange(agentId);
          usedBefore.set(node.id, isUsable);
        }
      }
      await pollLoop(signal, { intervalMs: WATCH_MS }, round, () => undefined);
    },

    transportTo(name) {
      const known = transports.get(name);
      if (known) return known;
      async function open(port: number, isFresh: boolean) {
        const node = await placements.nodeOf(agentIdOf(name), isFresh);
        if (!node) throw new AppError('OPERATION_FAILED', 'The agent has no place in the swarm');
        return hosts.connectTo(await hosts.require(node), port);
      }
      // The agent may have moved to another node since its place was read.
      const agent = createTunnelAgent((port) => open(port, false).catch(() => open(port, true)));
      transports.set(name, agent);
      return agent;
    },
  };

  return {
    host,
    swarm: {
      async nodes() {
        const all = await directory.list();
        const problems = await Promise.all(all.map((node) => hosts.problemOf(node)));
        return all.map((node, index) => ({ ...node, ...(problems[index] && { problem: problems[index] }) }));
      },
      setAvailability: directory.setAvailability,
      places: placements.list,
      nodeOf: (agentId) => placements.nodeOf(agentId, true),
      async move(spec, node, signal) {
        if (node) await hosts.require(node);
        return placements.move(spec, node, signal);
      },
      async removeFrom(node, names, ownerId) {
        await (await hosts.require(node)).host.removeAll(names, ownerId);
      },
    },
  };
}
