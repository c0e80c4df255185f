import { setTimeout as sleep } from 'node:timers/promises';
import { AppError } from '@agentbot/contracts';
import type Docker from 'dockerode';
import type { AgentContainerSpec } from '../docker/container-host.ts';
import { bodyAndQuery, call } from '../docker/engine-client.ts';
import { containerNames } from '../docker/layout.ts';
import { changeInSequence } from './change-in-sequence.ts';

/** The time that the swarm gets to choose a node. It takes a tenth of a second where one has room. */
const PLACING_MS = 15_000;
const POLL_MS = 50;
/** Another process may move an agent: its node is read again after this time. */
const CACHE_MS = 10_000;

const PIN = 'node.id==';

interface Parts {
  manager: Docker;
  installation: string;
  /** The image of the placeholders, by name. */
  image: string;
  /** The share of an agent's memory that its node keeps free for it. */
  memoryShare: number;
  /** Constraints of the swarm for agents of a plan; `*` for all plans. */
  constraints: { plan: string; constraint: string }[];
}

interface Service {
  ID: string;
  Version: { Index: number };
  Spec: Docker.ServiceSpec & { Labels: Record<string, string> };
}

/** The node that a service is pinned to. */
const pinOf = ({ Spec }: Service): string | undefined => {
  const { Constraints = [] } = (Spec.TaskTemplate as Docker.ContainerTaskSpec).Placement ?? {};
  return Constraints.find((constraint) => constraint.startsWith(PIN))?.slice(PIN.length);
};

/** What an existing placeholder reserves, and the constraints on its node. */
const ownPart = ({ Spec }: Service): Pick<Docker.ContainerTaskSpec, 'Resources' | 'Placement'> => {
  const { Resources, Placement } = Spec.TaskTemplate as Docker.ContainerTaskSpec;
  return { Resources, Placement: { Constraints: Placement?.Constraints ?? [] } } as Pick<
    Docker.ContainerTaskSpec,
    'Resources' | 'Placement'
  >;
};

/**
 * The places of agents in a swarm. A place is a service with one task that does nothing: the swarm finds a node with room for it by its
 * reservations and constraints, and then counts them as used. The agent's own container is created on that node by its engine, with
 * all options that a service lacks (docs/adr/0027-swarm-places.md). The service is pinned to the node, because the
 * agent's volume is there.
 */
export function createPlacements({ manager, installation, image, memoryShare, constraints }: Parts) {
  const serviceOf = (agentId: string) => manager.getService(containerNames(agentId).container);
  const isOurs = ({ Spec }: Service) => Spec.Labels['agentbot.installation'] === installation;
  /** The nodes of agents, as they were read last: agent → node and time. */
  const nodes = new Map<string, { node: string; at: number }>();
  const remember = (agentId: string, node: string) => void nodes.set(agentId, { node, at: Date.now() });

  async function find(agentId: string): Promise<Service | undefined> {
    const service = (await call(serviceOf(agentId).inspect(), [404])) as Service | undefined;
    return service && isOurs(service) ? service : undefined;
  }

  /** The image's id: a node does not ask a registry for it. */
  async function imageId(): Promise<string> {
    const info = await call(manager.getImage(image).inspect(), [404]);
    if (!info)
      throw new AppError('OPERATION_FAILED', `The swarm's manager has no image ${image}: SWARM_IMAGE must name one that every node has`);
    return info.Id;
  }

  /** The placeholder of an agent. @param pin its node; undefined for a choice of the swarm, which is never `except` */
  const template = async ({ memoryBytes, plan }: AgentContainerSpec, pin?: string, except?: string): Promise<Docker.ContainerTaskSpec> => ({
    ContainerSpec: {
      Image: await imageId(),
      Command: ['sleep', 'infinity'],
      User: '65534:65534',
      ReadOnly: true,
      Init: true,
      CapabilityDrop: ['ALL'],
      // The image's own check would never pass.
      HealthCheck: { Test: ['NONE'] },
    } as Docker.ContainerSpec,
    Resources: {
      // Memory alone: a node without it kills agents, one without free processors only slows them.
      Reservations: { MemoryBytes: Math.round(memoryBytes * memoryShare) },
      Limits: { MemoryBytes: 16 * 1024 ** 2, Pids: 8 },
    } as Docker.TaskSpec['Resources'],
    Placement: {
      Constraints: pin
        ? [`${PIN}${pin}`]
        : [
            ...constraints.filter((each) => each.plan === '*' || each.plan === plan).map(({ constraint }) => constraint),
            ...(except ? [`node.id!=${except}`] : []),
          ],
    },
    RestartPolicy: { Condition: 'any', Delay: 5e9 },
  });

  async function tasksOf(agentId: string): Promise<{ NodeID?: string; Status: { State: string; Err?: string }; DesiredState: string }[]> {
    const filters = { service: [containerNames(agentId).container], 'desired-state': ['running'] };
    return ((await call(manager.listTasks({ filters }))) ?? []) as never;
  }

  /** Waits until the swarm has chosen a node. @throws AppError OPERATION_FAILED with the swarm's reason when none has room */
  async function awaitNode(agentId: string, pin: string | undefined, signal?: AbortSignal): Promise<string> {
    const deadline = Date.now() + PLACING_MS;
    let reason = 'it did not answer in time';
    while (Date.now() < deadline) {
      signal?.throwIfAborted();
      for (const { NodeID, Status } of await tasksOf(agentId)) {
        if (NodeID && (!pin || pin === NodeID)) return NodeID;
        if (Status.Err) reason = Status.Err;
      }
      await sleep(POLL_MS);
    }
    throw new AppError('OPERATION_FAILED', `The swarm has no room for this agent: ${reason}`);
  }

  const bodyOf = (spec: Pick<AgentContainerSpec, 'agentId' | 'ownerId'>, task: Docker.ContainerTaskSpec) => ({
    Name: containerNames(spec.agentId).container,
    Labels: { 'agentbot.installation': installation, 'agentbot.agent': spec.agentId, 'agentbot.owner': spec.ownerId },
    TaskTemplate: task,
    Mode: { Replicated: { Replicas: 1 } },
    EndpointSpec: { Mode: 'dnsrr' },
  });

  /** Replaces the task of a placeholder. Only one operation at a time changes the place of an agent, so no other change is lost. */
  async function update({ ID, Spec: { Labels } }: Service, task: Docker.ContainerTaskSpec): Promise<void> {
    const { 'agentbot.agent': agentId = '', 'agentbot.owner': ownerId = '' } = Labels;
    await changeInSequence(async () => {
      const { Version } = (await call(serviceOf(agentId).inspect())) as Service;
      const query = { version: String(Version.Index) };
      await call(manager.getService(ID).update(bodyAndQuery(bodyOf({ agentId, ownerId }, task), query)));
    });
  }

  async function create(spec: AgentContainerSpec, task: Docker.ContainerTaskSpec): Promise<void> {
    // Another process may have created it.
    await call(manager.createService(bodyAndQuery(bodyOf(spec, task)) as Docker.CreateServiceOptions), [409]);
  }

  const remove = (agentId: string) => {
    nodes.delete(agentId);
    return call(serviceOf(agentId).remove(), [404]);
  };

  const placeOf = async (agentId: string) => {
    const service = await find(agentId);
    return service && pinOf(service);
  };

  /** Makes a place, on a given node or where the swarm finds room, and pins it. @param except a node that must not be chosen */
  async function settle(spec: AgentContainerSpec, pin: string | undefined, signal?: AbortSignal, except?: string): Promise<string> {
    const existing = await find(spec.agentId);
    const task = await template(spec, pin, except);
    if (existing) await update(existing, task);
    else await create(spec, task);
    try {
      const node = await awaitNode(spec.agentId, pin, signal);
      const service = await find(spec.agentId);
      if (!service) throw new AppError('OPERATION_FAILED', "The agent's place in the swarm was removed meanwhile");
      if (!pinOf(service)) await update(service, { ...task, Placement: { Constraints: [`${PIN}${node}`] } });
      remember(spec.agentId, node);
      return node;
    } catch (error) {
      // Without a place the next attempt lets the swarm choose; an agent with data keeps its node.
      const present = existing && (await find(spec.agentId));
      if (existing && present) await update(present, { ...task, ...ownPart(existing) });
      else await remove(spec.agentId);
      throw error;
    }
  }

  return {
    /** The node of an agent; undefined when it has no place. `isFresh` asks the swarm again. */
    async nodeOf(agentId: string, isFresh = false): Promise<string | undefined> {
      const known = nodes.get(agentId);
      if (known && !isFresh && Date.now() - known.at < CACHE_MS) return known.node;
      const node = await placeOf(agentId);
      if (node) remember(agentId, node);
      else nodes.delete(agentId);
      return node;
    },

    /** The node of an agent, chosen by the swarm at the first call. @throws AppError OPERATION_FAILED when no node has room */
    async place(spec: AgentContainerSpec, signal?: AbortSignal): Promise<string> {
      const existing = await find(spec.agentId);
      const pin = existing && pinOf(existing);
      if (!pin) return settle(spec, undefined, signal);
      const wanted = (await template(spec, pin)).Resources;
      const { Resources } = existing.Spec.TaskTemplate as Docker.ContainerTaskSpec;
      // The agent has another plan now.
      if (Resources?.Reservations?.MemoryBytes !== wanted?.Reservations?.MemoryBytes) return settle(spec, pin, signal);
      remember(spec.agentId, pin);
      return pin;
    },

    /**
     * Gives an agent a place on another node. @param node undefined for a choice of the swarm
     * @throws AppError OPERATION_FAILED when there is no room; the agent then has its former place
     */
    async move(spec: AgentContainerSpec, node: string | undefined, signal: AbortSignal): Promise<string> {
      const former = await placeOf(spec.agentId);
      if (node && node === former) return node;
      await remove(spec.agentId);
      return settle(spec, node, signal, former).catch(async (error) => {
        if (former) await settle(spec, former);
        throw error;
      });
    },

    remove,

    /** All places of the installation: agent → node. */
    async list(): Promise<Map<string, string>> {
      const filters = { label: [`agentbot.installation=${installation}`, 'agentbot.agent'] };
      const services = ((await call(manager.listServices({ filters }))) ?? []) as unknown as Service[];
      const places = services.flatMap((service) => {
        const node = pinOf(service);
        return node ? [[service.Spec.Labels['agentbot.agent'] ?? '', node] as const] : [];
      });
      for (const [agentId, node] of places) remember(agentId, node);
      return new Map(places);
    },
  };
}
