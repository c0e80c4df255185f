import type Docker from 'dockerode';
import { z } from 'zod';
import { bodyAndQuery, call } from '../docker/engine-client.ts';
import { changeInSequence } from './change-in-sequence.ts';

/** A machine of the swarm. */
export interface SwarmNode {
  id: string;
  /** Its host name. */
  name: string;
  /** The IP address by which the other nodes reach it. */
  address: string;
  role: 'manager' | 'worker';
  /** Whether the swarm's managers reach it. */
  isReachable: boolean;
  /** `pause`: takes no new agents. `drain`: may run none. */
  availability: 'active' | 'pause' | 'drain';
  /** The managers' last change of its description: since then it is unreachable, when it is. */
  changedAt: Date;
  memoryBytes: number;
  cpus: number;
  labels: Record<string, string>;
  engineVersion: string;
}

/** The fields of the swarm's description that are read. @see https://docs.docker.com/reference/api/engine/version/v1.41/#tag/Node */
const nodeSchema = z.object({
  ID: z.string(),
  UpdatedAt: z.coerce.date(),
  Spec: z.object({
    Role: z.enum(['manager', 'worker']),
    Availability: z.enum(['active', 'pause', 'drain']),
    Labels: z.record(z.string(), z.string()).nullish(),
  }),
  Description: z.object({
    Hostname: z.string(),
    Resources: z.object({ NanoCPUs: z.number(), MemoryBytes: z.number() }),
    Engine: z.object({ EngineVersion: z.string() }),
  }),
  Status: z.object({ State: z.string(), Addr: z.string().optional() }),
  ManagerStatus: z.object({ Addr: z.string() }).optional(),
});

/** A manager that was not told its address describes itself with this one. */
const NO_ADDRESS = '0.0.0.0';

function nodeOf(description: unknown): SwarmNode {
  const { ID, UpdatedAt, Spec, Description, Status, ManagerStatus } = nodeSchema.parse(description);
  const managerAddress = ManagerStatus?.Addr.replace(/:\d+$/, '');
  return {
    id: ID,
    name: Description.Hostname,
    address: (Status.Addr && Status.Addr !== NO_ADDRESS ? Status.Addr : managerAddress) ?? NO_ADDRESS,
    role: Spec.Role,
    isReachable: Status.State === 'ready',
    availability: Spec.Availability,
    changedAt: UpdatedAt,
    memoryBytes: Description.Resources.MemoryBytes,
    cpus: Description.Resources.NanoCPUs / 1e9,
    labels: Spec.Labels ?? {},
    engineVersion: Description.Engine.EngineVersion,
  };
}

const CACHE_MS = 2_000;

/** Creates a directory of the swarm's nodes, as its managers know them; kept for two seconds. */
export function createNodeDirectory(manager: Docker) {
  let read: { at: number; nodes: Promise<SwarmNode[]> } | undefined;

  /** @throws AppError DOCKER_UNAVAILABLE */
  function list(): Promise<SwarmNode[]> {
    if (read && Date.now() - read.at < CACHE_MS) return read.nodes;
    const nodes = call(manager.listNodes()).then((descriptions) => (descriptions ?? []).map(nodeOf));
    read = { at: Date.now(), nodes };
    nodes.catch(() => {
      read = undefined;
    });
    return nodes;
  }

  return {
    list,
    find: async (id: string): Promise<SwarmNode | undefined> => (await list()).find((node) => node.id === id),
    /** Whether the swarm may place agents on a node. @throws AppError DOCKER_UNAVAILABLE */
    async setAvailability(id: string, availability: SwarmNode['availability']): Promise<void> {
      const node = manager.getNode(id);
      await changeInSequence(async () => {
        const { Version, Spec } = (await call(node.inspect())) as { Version: { Index: number }; Spec: object };
        await call(node.update(bodyAndQuery({ ...Spec, Availability: availability }, { version: String(Version.Index) })));
      });
      read = undefined;
    },
  };
}

export type NodeDirectory = ReturnType<typeof createNodeDirectory>;
