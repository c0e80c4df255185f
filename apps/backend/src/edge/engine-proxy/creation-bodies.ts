import { z } from 'zod';

/**
 * Schemas of the bodies that the backend sends to create containers, volumes and networks. The engine reads field names in
 * any case, and the last duplicate wins. So the schemas are strict: an unknown field at any depth is refused.
 */

/** The settings that bodies are held to. */
export interface BodySettings {
  /** The /16 that agents' networks are cut from: the packet filter covers only this range. */
  agentSubnet: string;
  /** The installation that every created object must belong to. */
  installation: string;
  /** The engine's runtime for every container; undefined for the engine's default. */
  runtime?: string | undefined;
  /** Whether the engine is a swarm's manager that the backend places agents with. */
  isSwarm?: boolean;
}

/** The names that the backend gives. It addresses objects by name, not by id, so that foreign objects cannot match. */
export const namePattern = 'openclaw-[A-Za-z0-9_.-]+';
const nameSchema = z.string().regex(new RegExp(`^${namePattern}$`));

const labels = ({ installation }: BodySettings) =>
  z.strictObject({
    'agentbot.installation': z.literal(installation),
    'agentbot.agent': z.string().optional(),
    'agentbot.owner': z.string().optional(),
  });
/** A pattern of the addresses in the agents' subnet. */
function addressIn({ agentSubnet }: BodySettings): string {
  const [a, b] = agentSubnet.split('.');
  return `${a}\\.${b}(\\.\\d{1,3}){2}`;
}
const DATA_FOLDER = '/home/node/.openclaw';
const positive = z.int().positive();
const words = z.array(z.string());
const port = z.string().regex(/^\d+\/tcp$/);

/** Where volumes may be mounted: as data, as a start cache, or to be measured. */
const targetPattern = new RegExp(`^(/home/node/\\.openclaw|/opt/agentbot/cache|/opt/agentbot/volumes/${namePattern})$`);

/** A volume without driver options: these could mount any path of the host. */
const mount = (settings: BodySettings) =>
  z
    .strictObject({
      Type: z.literal('volume'),
      // A volume without a name is removed with its container.
      Source: z.union([z.literal(''), nameSchema]),
      Target: z.string().regex(targetPattern),
      ReadOnly: z.boolean().optional(),
      VolumeOptions: z.strictObject({ Labels: labels(settings) }).optional(),
    })
    .refine(({ Target, ReadOnly }) => ReadOnly || !Target.startsWith('/opt/agentbot/volumes/'), { path: ['ReadOnly'] });

const hostConfigFields = {
  Init: z.literal(true),
  ReadonlyRootfs: z.literal(true),
  Tmpfs: z.strictObject({
    '/tmp': z.literal('rw,nosuid,nodev,size=256m,mode=1777'),
    '/home/node/.cache': z.literal('rw,nosuid,nodev,size=64m,uid=1000,gid=1000,mode=700'),
  }),
  CapDrop: z.tuple([z.literal('ALL')]),
  SecurityOpt: z.tuple([z.literal('no-new-privileges')]),
  CgroupnsMode: z.literal('private'),
  PidsLimit: positive,
  Memory: positive,
  MemorySwap: positive.optional(),
  NanoCpus: positive.optional(),
  RestartPolicy: z.strictObject({ Name: z.literal('unless-stopped') }).optional(),
  LogConfig: z
    .strictObject({
      Type: z.literal('json-file'),
      Config: z.strictObject({ 'max-size': z.string().optional(), 'max-file': z.string().optional() }),
    })
    .optional(),
  NetworkMode: z.union([z.literal('none'), nameSchema]),
  PortBindings: z
    .record(port, z.tuple([z.strictObject({ HostIp: z.literal('127.0.0.1'), HostPort: z.string().regex(/^[1-9]\d{3,4}$/) })]))
    .optional(),
};

const containerFields = {
  Image: z.string().min(1),
  Hostname: z.literal('openclaw').optional(),
  User: z.literal('1000:1000'),
  Entrypoint: words.optional(),
  Cmd: words.optional(),
  Env: words.optional(),
  // The image's own working directory could be a path that leads out of the container.
  WorkingDir: z.literal(DATA_FOLDER),
  ExposedPorts: z.record(port, z.strictObject({})).optional(),
  StopTimeout: positive.optional(),
  Healthcheck: z
    .strictObject({ Test: words, Interval: positive, Timeout: positive, Retries: positive, StartPeriod: z.literal(0) })
    .optional(),
};

/**
 * A container without privileges: it mounts only volumes, joins only an agent's network, has the installation's labels, and
 * runs in the configured runtime.
 */
export const container = (settings: BodySettings) =>
  z.strictObject({
    ...containerFields,
    Labels: labels(settings),
    HostConfig: z.strictObject({
      ...hostConfigFields,
      // The host's address in an agent's network, for the model gateway; containers of earlier versions have the other name.
      ExtraHosts: z
        .array(
          z.string().regex(new RegExp(`^(models\\.agentbot\\.internal:${addressIn(settings)}|host\\.docker\\.internal:host-gateway)$`)),
        )
        .optional(),
      // The data folder is the working directory, so it must be a volume: in the image, the path could be a link to another place.
      Mounts: z.array(mount(settings)).refine((mounts) => mounts.some(({ Target }) => Target === DATA_FOLDER)),
      ...(settings.runtime && { Runtime: z.literal(settings.runtime) }),
    }),
  });

/** A volume without driver options, with the installation's labels. */
export const volume = (settings: BodySettings) => z.strictObject({ Name: nameSchema, Labels: labels(settings) });

/** A bridge network with a /29 of the agents' subnet. */
export function network(settings: BodySettings) {
  return z.strictObject({
    Name: nameSchema,
    Driver: z.literal('bridge'),
    Labels: labels(settings),
    IPAM: z.strictObject({
      Driver: z.literal('default'),
      Config: z.tuple([z.strictObject({ Subnet: z.string().regex(new RegExp(`^${addressIn(settings)}/29$`)) })]),
    }),
  });
}

/**
 * The placeholder of an agent's place in a swarm: a container that sleeps, without network options, mounts, secrets or privileges,
 * from an image that every node has.
 */
export const service = (settings: BodySettings) =>
  z.strictObject({
    Name: nameSchema,
    Labels: labels(settings),
    TaskTemplate: z.strictObject({
      ContainerSpec: z.strictObject({
        Image: z.string().regex(/^sha256:[0-9a-f]{64}$/),
        Command: z.tuple([z.literal('sleep'), z.literal('infinity')]),
        User: z.literal('65534:65534'),
        ReadOnly: z.literal(true),
        Init: z.literal(true),
        CapabilityDrop: z.tuple([z.literal('ALL')]),
        HealthCheck: z.strictObject({ Test: z.tuple([z.literal('NONE')]) }),
      }),
      Resources: z.strictObject({
        Reservations: z.strictObject({ MemoryBytes: positive }),
        Limits: z.strictObject({ MemoryBytes: positive, Pids: positive }),
      }),
      Placement: z.strictObject({ Constraints: words }),
      RestartPolicy: z.strictObject({ Condition: z.literal('any'), Delay: positive }),
    }),
    Mode: z.strictObject({ Replicated: z.strictObject({ Replicas: z.literal(1) }) }),
    EndpointSpec: z.strictObject({ Mode: z.literal('dnsrr') }),
  });

/** A node's description with another availability. The proxy compares the rest with the present description. */
export const nodeSpec = z.looseObject({ Availability: z.enum(['active', 'pause', 'drain']) });

/** The path of the first field that the schema refuses, such as `HostConfig.Mounts.0.type`. */
export function findViolation({ issues }: z.ZodError): string {
  const issue = issues[0] as z.core.$ZodIssue;
  const unknownKeys = issue.code === 'unrecognized_keys' ? issue.keys.slice(0, 1) : [];
  return [...issue.path, ...unknownKeys].join('.') || 'the body';
}
