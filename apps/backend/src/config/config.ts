import path from 'node:path';
import { z } from 'zod';
import { repositoryOf } from './allowed-images.ts';
import { easContracts } from './eas-contracts.ts';
import { findWeakness } from './secret-strength.ts';
import {
  agentPortBase,
  agentRuntime,
  agentSubnet,
  allowedImages,
  commaList,
  containerHost,
  domain,
  egressPort,
  emails,
  flag,
  installation,
  keyring,
  modelGatewayPort,
  node,
  nodePort,
  planAllowances,
  planBudgets,
  port,
  postgres,
  providerUrl,
  secret,
  swarmBackends,
  swarmCertificates,
  swarmConstraints,
  swarmImage,
  textFile,
  walletAddress,
} from './setting-shapes.ts';

const engineProxySettings = { AGENT_SUBNET: agentSubnet, AGENT_RUNTIME: agentRuntime, INSTALLATION: installation };
const nodeServiceSettings = {
  ...engineProxySettings,
  AGENT_PORT_BASE: agentPortBase,
  EGRESS_PORT: egressPort,
  MODEL_GATEWAY_PORT: modelGatewayPort,
  SWARM_NODE_PORT: nodePort,
  SWARM_CERTIFICATES: swarmCertificates,
  SWARM_BACKENDS: swarmBackends,
};

const schema = z.object({
  NODE_ENV: z.enum(['development', 'test', 'production']).default('development'),
  DATABASE_URL: postgres,
  MIGRATE_ON_START: flag.default(false),
  BACKEND_HOST: z.string().default('127.0.0.1'),
  BACKEND_PORT: port.default(3001),
  GATEWAY_PORT: port.default(10_000),
  /** Whether other backends on this machine listen on the same ports (`SO_REUSEPORT`), so that one can take over from another. */
  SHARE_PORTS: flag.default(false),
  /** Path of a Unix socket at which this one process answers, for its health check. */
  HEALTH_SOCKET: z.string().optional(),
  /** Seconds that running requests have to end after SIGTERM. */
  DRAIN_SECONDS: z.coerce.number().int().min(0).max(600).default(5),
  /** The public URL of the gateway port; in production the URL of a TLS proxy. */
  GATEWAY_PUBLIC_URL: z.url({ protocol: /^https?$/ }).optional(),
  AGENTS_DOMAIN: domain.default('agents.localhost'),
  /** The domain of agents created by `POST /api/provision`; AGENTS_DOMAIN when not set. */
  PROVISION_DOMAIN: domain.optional(),
  INTERNAL_API_KEY: secret,
  ASSERTION_SECRET: secret,
  ENCRYPTION_KEYS: keyring,
  ADMIN_EMAILS: emails.default([]),
  TESTER_EMAILS: emails.default([]),
  /** The mail server for password resets, with user and password if it needs them. Without it, password resets are off. */
  SMTP_URL: z.url({ protocol: /^smtps?$/ }).optional(),
  MAIL_FROM: z.string().default('Agentbot <agentbot@localhost>'),
  /** Whom people ask for help: an address, a number or a name. The sign-in page shows it to everybody. */
  SUPPORT_CONTACT: z.string().max(200).optional(),
  /** The URL of the dashboard, for links in mails. */
  DASHBOARD_URL: z.url({ protocol: /^https?$/ }).default('http://localhost:3000'),
  /** Origins of other sites whose pages may call this API with an API key; none by default. */
  CORS_ORIGINS: z
    .string()
    .transform((list) => list.split(',').flatMap((entry) => entry.trim() || []))
    .pipe(
      z.array(
        z
          .url({ protocol: /^https?$/ })
          .refine((origin) => new URL(origin).origin === origin, { error: 'must be origins, such as https://example.com' }),
      ),
    )
    .default([]),
  TRUST_PROXY: z.string().default('loopback'),
  /**
   * Who may open an account: anybody, the users of OIDC_ISSUER, or only an administrator for somebody. The first account can always be
   * opened.
   */
  SIGN_UP: z.enum(['open', 'oidc', 'closed']).default('open'),
  PROVISIONING_ENABLED: flag.default(true),
  /** Where agents run: `docker`, one engine; `swarm`, the nodes of a Docker Swarm. */
  CONTAINER_HOST: containerHost,
  /** The folder with this process's certificate for the nodes of a swarm: `backend.json`, made by `pnpm swarm:nodes`. */
  SWARM_CERTIFICATES: swarmCertificates,
  /** The port of the service on each node. */
  SWARM_NODE_PORT: nodePort,
  /** The port that nodes bring their agents' traffic to: calls of models, and connections of agents with a list of domains. */
  SWARM_TRAFFIC_PORT: port.default(10_101),
  /** The image of the placeholders that hold agents' places; every node must have it. */
  SWARM_IMAGE: swarmImage,
  /** The share of an agent's memory limit that its node keeps free for it, from 0.05 to 1. */
  SWARM_MEMORY_SHARE: z.coerce.number().min(0.05).max(1).default(0.5),
  /** Constraints of the swarm by plan, `*` for all: `network:node.labels.size==large,*:node.labels.region==eu`. */
  SWARM_CONSTRAINTS: swarmConstraints.default([]),
  DOCKER_HOST: z.string().optional(),
  OPENCLAW_IMAGE: z
    .string()
    .refine((image) => repositoryOf(image), { error: "must be an image's name" })
    .default('ghcr.io/openclaw/openclaw:2026.3.13'),
  /** Repositories, besides the platform's own, whose images an agent may be updated to. */
  ALLOWED_IMAGES: allowedImages.default([]),
  /** The maximum download of an image, in GiB, by its manifest; 0 pulls without this check. */
  MAX_IMAGE_GIB: z.coerce.number().min(0).default(4),
  /** The folder for backups of agents' data. */
  BACKUP_DIR: z
    .string()
    .default('.data/backups')
    .transform((folder) => path.resolve(folder)),
  /** The space, in GiB, that an archive or a restore leaves free on its disk. */
  DISK_RESERVE_GIB: z.coerce.number().min(0).default(2),
  /** Whether each backup is encrypted with its own key, which ENCRYPTION_KEYS wrap. */
  BACKUP_ENCRYPTION: flag.default(false),
  /** A bucket that stores backups instead of BACKUP_DIR. Backups are still written to the folder before the upload. */
  BACKUP_S3_BUCKET: z.string().optional(),
  BACKUP_S3_ENDPOINT: z.url({ protocol: /^https?$/ }).optional(),
  BACKUP_S3_REGION: z.string().default('us-east-1'),
  BACKUP_S3_ACCESS_KEY_ID: z.string().optional(),
  BACKUP_S3_SECRET_ACCESS_KEY: z.string().optional(),
  /** The first host port of agents. Each agent uses four ports. */
  AGENT_PORT_BASE: agentPortBase,
  /** The /16 that agents' networks are cut from, a /29 each. */
  AGENT_SUBNET: agentSubnet,
  /** The engine's runtime for agents' containers, such as gVisor's `runsc`; the engine's default when not set. */
  AGENT_RUNTIME: agentRuntime,
  /** The name of this installation: several can share an engine. */
  INSTALLATION: installation,
  /** A PEM file of certificates that agents trust in addition to the usual ones. The parsed value is its content. */
  AGENT_EXTRA_CA_FILE: textFile.optional(),
  ALLOW_PRIVATE_MODEL_ENDPOINTS: flag.default(false),
  /** An RPC node of the Tempo chain, and the address that receives payments for clones. Without that address, cloning is off. */
  TEMPO_RPC_URL: node.optional(),
  CLONE_TREASURY_ADDRESS: walletAddress.optional(),
  /** The number of confirmations that a payment needs; its own block counts as one. */
  TEMPO_CONFIRMATIONS: z.coerce.number().int().min(1).default(1),
  /** RPC nodes for verifications: Coinbase on Base, ENS on Ethereum, EAS on its chain. Without a node, its type is off. */
  BASE_RPC_URL: node.optional(),
  ETHEREUM_RPC_URL: node.optional(),
  EAS_RPC_URL: node.optional(),
  EAS_CHAIN_ID: z.coerce
    .number()
    .refine((id) => id in easContracts, { error: `must be one of ${Object.keys(easContracts).join(', ')}` })
    .default(8453),
  /** The accepted attesters and schemas of EAS attestations. */
  EAS_ATTESTERS: commaList.pipe(z.array(walletAddress)).default([]),
  EAS_SCHEMAS: commaList
    .pipe(z.array(z.string().regex(/^0x[0-9a-fA-F]{64}$/, { error: 'must be schema UIDs, 0x and 64 hexadecimal digits' })))
    .default([]),
  /** Mux, for agents with a live stream. Without a token, agents get placeholders. */
  MUX_TOKEN_ID: z.string().optional(),
  MUX_TOKEN_SECRET: z.string().optional(),
  MUX_BASE_URL: node.optional(),
  /** Stripe. Without a key, only administrators grant plans. A plan without a price is not for sale. */
  STRIPE_SECRET_KEY: z.string().optional(),
  STRIPE_WEBHOOK_SECRET: z.string().optional(),
  STRIPE_API_BASE: node.optional(),
  STRIPE_PRICE_SOLO: z.string().optional(),
  STRIPE_PRICE_COLLECTIVE: z.string().optional(),
  STRIPE_PRICE_LABEL: z.string().optional(),
  STRIPE_PRICE_NETWORK: z.string().optional(),
  /** The port of the model gateway, which agents' containers call. */
  MODEL_GATEWAY_PORT: modelGatewayPort,
  /** Budgets of accounts that have set none, by plan: dollars for model calls per day and month, such as `solo=1/20,network=/500`. */
  PLAN_BUDGETS: planBudgets.default({}),
  /** What an account's calls with the installation's keys may cost, by plan, in the same form. Other plans may not use them. */
  PLAN_ALLOWANCES: planAllowances.default({}),
  OPENROUTER_BASE_URL: providerUrl.optional(),
  GEMINI_BASE_URL: providerUrl.optional(),
  GROQ_BASE_URL: providerUrl.optional(),
  ANTHROPIC_BASE_URL: providerUrl.optional(),
  OPENAI_BASE_URL: providerUrl.optional(),
  /** The APIs that check bot tokens before they are saved. */
  TELEGRAM_API_BASE: z.url().default('https://api.telegram.org'),
  DISCORD_API_BASE: z.url().default('https://discord.com/api/v10'),
  SLACK_API_BASE: z.url().default('https://slack.com/api'),
  /** Requests per minute and user or IP address: on /api/*, and on `POST /api/deployments`. */
  API_RATE_LIMIT: z.coerce.number().int().min(1).default(120),
  DEPLOYMENT_RATE_LIMIT: z.coerce.number().int().min(1).default(5),
  /** Wrong passwords per email and IP address in 15 minutes. Sign-ins, sign-ups and tests of a new model: three times that. */
  SIGN_IN_RATE_LIMIT: z.coerce.number().int().min(1).default(10),
  /** Open streams and downloads per user, and WebSockets per agent and IP address, in each process. */
  STREAM_LIMIT: z.coerce.number().int().min(1).default(20),
  /** The port of the egress proxy, for agents with a list of allowed domains. Without it, such lists are off. */
  EGRESS_PORT: egressPort,
  /** `auto`: this process installs the host firewall, if it runs as root. `off`: another process does. */
  HOST_FIREWALL: z.enum(['auto', 'off']).default('auto'),
  /** Whether volumes that were orphans for seven days are removed. */
  SWEEP_VOLUMES: flag.default(false),
  /** The bearer token of `GET /metrics`. Without it, the path does not exist. */
  METRICS_TOKEN: z.string().min(16, { error: 'must have at least 16 characters' }).optional(),
  /** The maximum number of stats streams, one per running agent. With more agents, all are sampled every STATS_SWEEP_SECONDS. */
  STATS_STREAMS: z.coerce.number().int().min(0).default(100),
  STATS_SWEEP_SECONDS: z.coerce.number().int().min(1).max(60).default(10),
  /** The interval of the reconciler, in addition to the engine's events. */
  RECONCILE_SECONDS: z.coerce.number().int().min(1).max(3600).default(60),
  /** The timeout for a gateway to become ready. Newer versions of OpenClaw need over a minute on a busy machine. */
  READY_TIMEOUT_SECONDS: z.coerce.number().int().min(5).max(600).default(240),
  OPERATION_WAIT_SECONDS: z.coerce.number().int().min(1).max(600).default(600),
  LOG_LEVEL: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'silent']).default('info'),
});

/** The variables that are set: an empty one counts as not set. */
const withoutEmpty = (environment: NodeJS.ProcessEnv) =>
  Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== ''));

/** The backend's settings as they may stand in the environment: JSON Schema by name. */
export const describeSettings = () => z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }).properties ?? {};

/**
 * The settings of the command that installs the host firewall. It runs as root, so it gets no secret.
 * @throws Error for a value that does not parse
 */
export function readFirewallConfig(environment: NodeJS.ProcessEnv = process.env) {
  return z
    .object({ AGENT_SUBNET: agentSubnet, EGRESS_PORT: egressPort, MODEL_GATEWAY_PORT: modelGatewayPort })
    .parse(withoutEmpty(environment));
}

/** The settings of the engine proxy, which gets no secret. @throws Error for a value that does not parse */
export function readEngineProxyConfig(environment: NodeJS.ProcessEnv = process.env) {
  return z.object({ ...engineProxySettings, CONTAINER_HOST: containerHost }).parse(withoutEmpty(environment));
}

/**
 * The settings of the service on a swarm's node, which gets no secret but its certificate.
 * @throws Error for a value that does not parse
 */
export function readNodeServiceConfig(environment: NodeJS.ProcessEnv = process.env) {
  return parse(z.object(nodeServiceSettings), environment, () => []);
}

/**
 * The settings of the command that gives a swarm's nodes their services.
 * @throws Error for a value that does not parse
 */
export function readSwarmNodesConfig(environment: NodeJS.ProcessEnv = process.env) {
  const shape = z.object({
    ...nodeServiceSettings,
    DOCKER_HOST: z.string().optional(),
    SWARM_IMAGE: swarmImage,
    /** The image of the host firewall on each node; without it, an operator closes the nodes to agents. */
    SWARM_FIREWALL_IMAGE: z.string().optional(),
    /** The folder with the key that signs all certificates: nobody but this command may read it. */
    SWARM_AUTHORITY: z.string().default('.data/swarm-authority'),
  });
  return parse(shape, environment, () => []);
}

/** A variable and its weakness, if it has one. */
type Finding = [name: string, weakness: string | false | undefined];

/** Checks the passwords in connection strings. */
const checkPasswords = (variables: NodeJS.ProcessEnv, names: string[]): Finding[] =>
  names.map((name) => {
    const password = URL.canParse(variables[name] ?? '') ? decodeURIComponent(new URL(variables[name] ?? '').password) : undefined;
    return [name, password === undefined ? undefined : findWeakness(password, 12)];
  });

/** Checks all secrets for weak values. */
function checkSecrets(variables: NodeJS.ProcessEnv): Finding[] {
  const keys = variables.ENCRYPTION_KEYS?.split(',').map((entry) => entry.slice(entry.indexOf(':') + 1)) ?? [];
  return [
    ...(['INTERNAL_API_KEY', 'ASSERTION_SECRET'] as const).map((name): Finding => [name, findWeakness(variables[name])]),
    ...keys.map((key): Finding => ['ENCRYPTION_KEYS', findWeakness(key)]),
    ...checkPasswords(variables, ['DATABASE_URL']),
    ['METRICS_TOKEN', findWeakness(variables.METRICS_TOKEN, 16)],
    ['STRIPE_WEBHOOK_SECRET', findWeakness(variables.STRIPE_WEBHOOK_SECRET)],
    // Without this secret the backend cannot accept events: it would miss new and ended subscriptions.
    [
      'STRIPE_WEBHOOK_SECRET',
      Boolean(variables.STRIPE_SECRET_KEY && !variables.STRIPE_WEBHOOK_SECRET) && 'is not set, but STRIPE_SECRET_KEY is',
    ],
    [
      'ASSERTION_SECRET',
      variables.ASSERTION_SECRET !== undefined &&
        variables.ASSERTION_SECRET === variables.INTERNAL_API_KEY &&
        'is the same as INTERNAL_API_KEY',
    ],
  ];
}

/** @throws Error that names every variable that is missing, does not parse, or is weak in production, never its value */
function parse<T>(shape: z.ZodType<T>, environment: NodeJS.ProcessEnv, check: (variables: NodeJS.ProcessEnv) => Finding[]): T {
  const variables = withoutEmpty(environment);
  const parsed = shape.safeParse(variables);
  const weak = variables.NODE_ENV === 'production' ? check(variables).filter(([, weakness]) => weakness) : [];
  if (parsed.success && weak.length === 0) return parsed.data;
  const problems = [...(parsed.error?.issues ?? []).map((issue): Finding => [issue.path.join('.'), issue.message]), ...weak];
  throw new Error(
    `The environment has missing or invalid variables:\n${problems.map(([name, problem]) => `  ${name}: ${problem}`).join('\n')}`,
  );
}

/**
 * The settings of the migrate command: the owner's connection string, which the backend does not need, and the backend's own,
 * whose login the command creates.
 * @throws Error as `readConfig`
 */
export function readMigrationConfig(environment: NodeJS.ProcessEnv = process.env) {
  const shape = z.object({ DATABASE_URL: postgres, MIGRATION_DATABASE_URL: postgres.optional() });
  return parse(shape, environment, (variables) => checkPasswords(variables, ['DATABASE_URL', 'MIGRATION_DATABASE_URL']));
}

/**
 * The settings of the commands that back up and restore the installation: the owner's and the backend's connection strings, the
 * places of backups and the keys that seal them.
 * @throws Error as `readConfig`
 */
export function readInstallationConfig(environment: NodeJS.ProcessEnv = process.env) {
  const shape = schema
    .pick({
      DATABASE_URL: true,
      ENCRYPTION_KEYS: true,
      INSTALLATION: true,
      BACKUP_DIR: true,
      BACKUP_ENCRYPTION: true,
      BACKUP_S3_BUCKET: true,
      BACKUP_S3_ENDPOINT: true,
      BACKUP_S3_REGION: true,
      BACKUP_S3_ACCESS_KEY_ID: true,
      BACKUP_S3_SECRET_ACCESS_KEY: true,
    })
    .extend({
      MIGRATION_DATABASE_URL: postgres.optional(),
      /** The folder of the installation's backups, and how many of them are kept. */
      INSTALLATION_BACKUP_DIR: z
        .string()
        .default('.data/installation-backups')
        .transform((folder) => path.resolve(folder)),
      INSTALLATION_BACKUP_KEEP: z.coerce.number().int().min(1).default(7),
    });
  return parse(shape, environment, (variables) => checkPasswords(variables, ['DATABASE_URL', 'MIGRATION_DATABASE_URL']));
}

export type InstallationConfig = ReturnType<typeof readInstallationConfig>;
export type Config = ReturnType<typeof readConfig>;

/**
 * Reads the backend's settings from the environment.
 * @throws Error that names every variable that is missing, does not parse, or is weak in production, never its value
 */
export function readConfig(environment: NodeJS.ProcessEnv = process.env) {
  const data = parse(schema, environment, checkSecrets);
  return {
    ...data,
    PROVISION_DOMAIN: data.PROVISION_DOMAIN ?? data.AGENTS_DOMAIN,
    GATEWAY_PUBLIC_URL: data.GATEWAY_PUBLIC_URL ?? `http://localhost:${data.GATEWAY_PORT}`,
  };
}
