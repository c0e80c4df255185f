import { z } from 'zod';

/**
 * What the backend asks the engine to make, field by field. The engine takes names in any case and later ones over earlier
 * ones, so nothing unknown is passed over: a field that is not here, at any depth, is a refusal.
 */

/** Names the backend gives. It never names by id, so that other things of the engine cannot be meant. */
export const namePattern = 'openclaw-[A-Za-z0-9_.-]+';
const nameSchema = z.string().regex(new RegExp(`^${namePattern}$`));

const labels = z.strictObject({
  'agentbot.installation': z.string().min(1),
  'agentbot.agent': z.string().optional(),
  'agentbot.owner': z.string().optional(),
});
const DATA_FOLDER = '/home/node/.openclaw';
const positive = z.int().positive();
const words = z.array(z.string());
const port = z.string().regex(/^\d+\/tcp$/);

/** Of the plain kind: options of a volume's driver could mount any path of the host. */
const mount = z.strictObject({
  Type: z.literal('volume'),
  // Without a name, it goes with its container.
  Source: z.union([z.literal(''), nameSchema]),
  Target: z.enum([DATA_FOLDER, '/opt/agentbot/cache']),
  ReadOnly: z.boolean().optional(),
});

const hostConfig = z.strictObject({
  Init: z.literal(true),
  ReadonlyRootfs: z.literal(true),
  Tmpfs: z.strictObject({
    '/tmp': z.literal('rw,nosuid,nodev,size=256m,mode=1777'),
    '/home/node/.cache': z.literal('rw,nosuid,nodev,size=64m,uid=1000,gid=1000,mode=700'),
  }),
  CapDrop: z.tuple([z.literal('ALL')]),
  SecurityOpt: z.tuple([z.literal('no-new-privileges')]),
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
  // The container starts there, so a volume must be there: the image could lead that path elsewhere.
  Mounts: z.array(mount).refine((mounts) => mounts.some(({ Target }) => Target === DATA_FOLDER)),
  PortBindings: z
    .record(port, z.tuple([z.strictObject({ HostIp: z.literal('127.0.0.1'), HostPort: z.string().regex(/^[1-9]\d{3,4}$/) })]))
    .optional(),
  ExtraHosts: z.array(z.literal('host.docker.internal:host-gateway')).optional(),
});

/** It gives away all privileges, mounts nothing but volumes, joins nothing but an agent's network, and bears a label. */
export const container = z.strictObject({
  Image: z.string().min(1),
  Hostname: z.literal('openclaw').optional(),
  Labels: labels,
  User: z.literal('1000:1000'),
  Entrypoint: words.optional(),
  Cmd: words.optional(),
  Env: words.optional(),
  // An image's own may lead out of the container.
  WorkingDir: z.literal(DATA_FOLDER),
  ExposedPorts: z.record(port, z.strictObject({})).optional(),
  StopTimeout: positive.optional(),
  Healthcheck: z
    .strictObject({ Test: words, Interval: positive, Timeout: positive, Retries: positive, StartPeriod: z.literal(0) })
    .optional(),
  HostConfig: hostConfig,
});

export const volume = z.strictObject({ Name: nameSchema, Labels: labels });

/** @param agentSubnet the /16 that agents' networks are cut from: outside it the packet filter does not hold */
export function network(agentSubnet: string) {
  const [a, b] = agentSubnet.split('.');
  return z.strictObject({
    Name: nameSchema,
    Driver: z.literal('bridge'),
    Labels: labels,
    IPAM: z.strictObject({
      Driver: z.literal('default'),
      Config: z.tuple([z.strictObject({ Subnet: z.string().regex(new RegExp(`^${a}\\.${b}(\\.\\d{1,3}){2}/29$`)) })]),
    }),
  });
}

/** Where what was asked is not as the backend asks it: `HostConfig.Mounts.0.type`. */
export function findViolation({ issues: [issue] }: z.ZodError): string {
  const unknown = issue?.code === 'unrecognized_keys' ? issue.keys.slice(0, 1) : [];
  return [...(issue?.path ?? []), ...unknown].join('.') || 'the body';
}
