import { readFileSync } from 'node:fs';
import path from 'node:path';
import { baseUrlProblem } from '@agentbot/contracts/base-url';
import { z } from 'zod';
import { parseAllowedImages, repositoryOf } from './allowed-images.ts';
import { easContracts } from './eas-contracts.ts';
import { parseKeys } from './keyring.ts';
import { findWeakness } from './secret-strength.ts';

const port = z.coerce.number().int().min(0).max(65_535);
const flag = z.enum(['true', 'false']).transform((value) => value === 'true');
const emails = z.string().transform((list) => list.split(',').flatMap((entry) => entry.trim().toLowerCase() || []));
const domain = z
  .string()
  .toLowerCase()
  .regex(/^[a-z0-9-]+(\.[a-z0-9-]+)*$/, { error: 'must be a domain name' });
const textFile = z.string().transform((file, context) => {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    context.addIssue('must be a file that can be read');
    return z.NEVER;
  }
});
const secret = z.string({ error: 'is not set' }).min(32, { error: 'must have at least 32 characters' });
const keyring = z.string({ error: 'is not set' }).superRefine((text, context) => {
  try {
    parseKeys(text);
  } catch (error) {
    context.addIssue((error as Error).message);
  }
});
const allowedImages = z.string().transform((list, context) => {
  try {
    return parseAllowedImages(list);
  } catch (error) {
    context.addIssue((error as Error).message);
    return z.NEVER;
  }
});
const walletAddress = z.string().regex(/^0x[0-9a-fA-F]{40}$/, { error: 'must be a wallet address' });
const words = z.string().transform((list) => list.split(',').flatMap((entry) => entry.trim() || []));
/** Agents' containers get it as it is. */
const providerUrl = z.string().superRefine((text, context) => {
  const problem = baseUrlProblem(text);
  if (problem) context.addIssue(problem);
});
const node = z.url({ protocol: /^https?$/ });

const agentSubnet = z
  .string()
  .regex(/^\d+\.\d+\.0\.0\/16$/, { error: 'must look like 10.201.0.0/16' })
  .default('10.201.0.0/16');
const privateEndpoints = flag.default(false);
const egressPort = z.coerce.number().int().min(1).max(65_535).optional();

const postgres = z.url({ protocol: /^postgres(ql)?$/, error: 'must be the address of a Postgres' });

const schema = z.object({
  NODE_ENV: z.enum(['development', 'test', 'production']).default('development'),
  DATABASE_URL: postgres,
  MIGRATE_ON_START: flag.default(false),
  BACKEND_HOST: z.string().default('127.0.0.1'),
  BACKEND_PORT: port.default(3001),
  GATEWAY_PORT: port.default(10_000),
  /** The address of the gateway port as clients reach it; a TLS proxy's in production. */
  GATEWAY_PUBLIC_URL: z.url({ protocol: /^https?$/ }).optional(),
  AGENTS_DOMAIN: domain.default('agents.localhost'),
  /** Of agents made by `POST /api/provision`; AGENTS_DOMAIN when empty. */
  PROVISION_DOMAIN: domain.optional(),
  INTERNAL_API_KEY: secret,
  ASSERTION_SECRET: secret,
  ENCRYPTION_KEYS: keyring,
  ADMIN_EMAILS: emails.default([]),
  TESTER_EMAILS: emails.default([]),
  /** A mail server for password resets, with user and password if it wants them. */
  SMTP_URL: z.url({ protocol: /^smtps?$/ }).optional(),
  MAIL_FROM: z.string().default('Agentbot <agentbot@localhost>'),
  /** Where the dashboard is reached, for links in mails. */
  DASHBOARD_URL: z.url({ protocol: /^https?$/ }).default('http://localhost:3000'),
  /** Sites whose pages may call this API with a key of their users; none by default. */
  CORS_ORIGINS: z
    .string()
    .transform((list) => list.split(',').flatMap((entry) => entry.trim() || []))
    .pipe(z.array(z.url({ protocol: /^https?$/ }).refine((origin) => new URL(origin).origin === origin, { error: 'must be origins' })))
    .default([]),
  TRUST_PROXY: z.string().default('loopback'),
  PROVISIONING_ENABLED: flag.default(true),
  CONTAINER_HOST: z.enum(['docker']).default('docker'),
  DOCKER_HOST: z.string().optional(),
  OPENCLAW_IMAGE: z
    .string()
    .refine((image) => repositoryOf(image), { error: "must be an image's name" })
    .default('ghcr.io/openclaw/openclaw:2026.3.13'),
  /** Repositories beside the platform's own whose images an agent may be moved to. */
  ALLOWED_IMAGES: allowedImages.default([]),
  /** Where backups of agents' data are kept. */
  BACKUP_DIR: z
    .string()
    .default('.data/backups')
    .transform((folder) => path.resolve(folder)),
  /** Whether backups are sealed with a key of their own, which ENCRYPTION_KEYS wrap. */
  BACKUP_ENCRYPTION: flag.default(false),
  /** A bucket for backups instead of the folder, where they are still made before they go there. */
  BACKUP_S3_BUCKET: z.string().optional(),
  BACKUP_S3_ENDPOINT: z.url({ protocol: /^https?$/ }).optional(),
  BACKUP_S3_REGION: z.string().default('us-east-1'),
  BACKUP_S3_ACCESS_KEY_ID: z.string().optional(),
  BACKUP_S3_SECRET_ACCESS_KEY: z.string().optional(),
  /** First host port of agents; each takes four. */
  AGENT_PORT_BASE: port.default(19_000),
  /** The /16 that agents' networks are cut from, eight addresses each. */
  AGENT_SUBNET: agentSubnet,
  /** Tells apart several installations on one engine. */
  INSTALLATION: z
    .string()
    .regex(/^[a-z0-9-]{1,32}$/)
    .default('default'),
  /** A file of certificates (PEM) that agents trust beside the usual ones; here its content. */
  AGENT_EXTRA_CA_FILE: textFile.optional(),
  ALLOW_PRIVATE_MODEL_ENDPOINTS: privateEndpoints,
  /** A node of the Tempo chain, and where clones are paid to; without the latter none can be. */
  TEMPO_RPC_URL: node.optional(),
  CLONE_TREASURY_ADDRESS: walletAddress.optional(),
  /** Blocks, the payment's own among them, that must have come. */
  TEMPO_CONFIRMATIONS: z.coerce.number().int().min(1).default(1),
  /** Nodes that verifications are read from: Coinbase's on Base, ENS on Ethereum, EAS on its chain; without one its type is not offered. */
  BASE_RPC_URL: node.optional(),
  ETHEREUM_RPC_URL: node.optional(),
  EAS_RPC_URL: node.optional(),
  EAS_CHAIN_ID: z.coerce
    .number()
    .refine((id) => id in easContracts, { error: `must be one of ${Object.keys(easContracts).join(', ')}` })
    .default(8453),
  /** Whose attestations count, and of which schemas. */
  EAS_ATTESTERS: words.pipe(z.array(walletAddress)).default([]),
  EAS_SCHEMAS: words.pipe(z.array(z.string().regex(/^0x[0-9a-fA-F]{64}$/, { error: 'must be schema uids' }))).default([]),
  /** Mux, for agents with a live stream; without a token they get placeholders. */
  MUX_TOKEN_ID: z.string().optional(),
  MUX_TOKEN_SECRET: z.string().optional(),
  MUX_BASE_URL: node.optional(),
  /** Stripe: without a key plans are granted by administrators only. The prices of the plans, those that are for sale. */
  STRIPE_SECRET_KEY: z.string().optional(),
  STRIPE_WEBHOOK_SECRET: z.string().optional(),
  STRIPE_API_BASE: node.optional(),
  STRIPE_PRICE_SOLO: z.string().optional(),
  STRIPE_PRICE_COLLECTIVE: z.string().optional(),
  STRIPE_PRICE_LABEL: z.string().optional(),
  STRIPE_PRICE_NETWORK: z.string().optional(),
  OPENROUTER_BASE_URL: providerUrl.optional(),
  GEMINI_BASE_URL: providerUrl.optional(),
  GROQ_BASE_URL: providerUrl.optional(),
  ANTHROPIC_BASE_URL: providerUrl.optional(),
  OPENAI_BASE_URL: providerUrl.optional(),
  /** Where bots' tokens are checked before they are saved. */
  TELEGRAM_API_BASE: z.url().default('https://api.telegram.org'),
  DISCORD_API_BASE: z.url().default('https://discord.com/api/v10'),
  /** Requests a minute on /api/*, per user or per address, and of those on `POST /api/deployments`. */
  API_RATE_LIMIT: z.coerce.number().int().min(1).default(120),
  DEPLOYMENT_RATE_LIMIT: z.coerce.number().int().min(1).default(5),
  /** Wrong passwords for one email from one address in a quarter of an hour; sign-ins and sign-ups from one address, thrice that. */
  SIGN_IN_RATE_LIMIT: z.coerce.number().int().min(1).default(10),
  /** Where agents that may reach certain domains only are sent with all they ask; without it there are none such. */
  EGRESS_PORT: egressPort,
  /** Whether this process closes the host to agents by itself, which it can as root (`auto`), or somebody else does. */
  HOST_FIREWALL: z.enum(['auto', 'off']).default('auto'),
  /** Whether volumes that have been nobody's for a week are removed. */
  SWEEP_VOLUMES: flag.default(false),
  /** Opens `GET /metrics`; without it there is none. */
  METRICS_TOKEN: z.string().min(16, { error: 'must have at least 16 characters' }).optional(),
  /** Up to so many running agents have a stats stream each; more are asked in turn, every so many seconds. */
  STATS_STREAMS: z.coerce.number().int().min(0).default(100),
  STATS_SWEEP_SECONDS: z.coerce.number().int().min(1).max(60).default(10),
  /** How often what should be is compared with what is, beside the engine's events. */
  RECONCILE_SECONDS: z.coerce.number().int().min(1).max(3600).default(60),
  /** How long a gateway may take to become ready; newer versions of OpenClaw need over a minute on a busy machine. */
  READY_TIMEOUT_SECONDS: z.coerce.number().int().min(5).max(600).default(240),
  OPERATION_WAIT_SECONDS: z.coerce.number().int().min(1).max(600).default(600),
  LOG_LEVEL: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'silent']).default('info'),
});

/** The few settings of the command that closes the host to agents: it must run as root, so it gets no secret. */
export function readFirewallConfig(environment: NodeJS.ProcessEnv = process.env) {
  const given = Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== ''));
  return z.object({ AGENT_SUBNET: agentSubnet, ALLOW_PRIVATE_MODEL_ENDPOINTS: privateEndpoints, EGRESS_PORT: egressPort }).parse(given);
}

/** The one setting of the engine proxy, which gets no secret either. */
export function readEngineProxyConfig(environment: NodeJS.ProcessEnv = process.env) {
  return z.object({ AGENT_SUBNET: agentSubnet }).parse(environment.AGENT_SUBNET ? environment : {});
}

type Named = [name: string, weakness: string | false | undefined];

/** Of databases' addresses, whose passwords anybody could guess. */
const weakPasswords = (given: NodeJS.ProcessEnv, names: string[]): Named[] =>
  names.map((name) => {
    const password = URL.canParse(given[name] ?? '') ? decodeURIComponent(new URL(given[name] ?? '').password) : undefined;
    return [name, password === undefined ? undefined : findWeakness(password, 12)];
  });

/** The secrets that anybody could guess, by name. */
function weakSecrets(given: NodeJS.ProcessEnv): Named[] {
  const keys = given.ENCRYPTION_KEYS?.split(',').map((entry) => entry.slice(entry.indexOf(':') + 1)) ?? [];
  return [
    ...(['INTERNAL_API_KEY', 'ASSERTION_SECRET'] as const).map((name): Named => [name, findWeakness(given[name])]),
    ...keys.map((key): Named => ['ENCRYPTION_KEYS', findWeakness(key)]),
    ...weakPasswords(given, ['DATABASE_URL']),
    ['METRICS_TOKEN', findWeakness(given.METRICS_TOKEN, 16)],
    ['STRIPE_WEBHOOK_SECRET', findWeakness(given.STRIPE_WEBHOOK_SECRET)],
    // Without it nobody hears that a subscription was bought, or has ended.
    ['STRIPE_WEBHOOK_SECRET', Boolean(given.STRIPE_SECRET_KEY && !given.STRIPE_WEBHOOK_SECRET) && 'is not set, but STRIPE_SECRET_KEY is'],
    [
      'ASSERTION_SECRET',
      given.ASSERTION_SECRET !== undefined && given.ASSERTION_SECRET === given.INTERNAL_API_KEY && 'is the same as INTERNAL_API_KEY',
    ],
  ];
}

/** @throws Error naming every variable that is missing, does not parse, or is weak in production, never its value. */
function parse<T>(shape: z.ZodType<T>, environment: NodeJS.ProcessEnv, secretsOf: (given: NodeJS.ProcessEnv) => Named[]): T {
  const given = Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== ''));
  const parsed = shape.safeParse(given);
  const weak = given.NODE_ENV === 'production' ? secretsOf(given).filter(([, weakness]) => weakness) : [];
  if (parsed.success && weak.length === 0) return parsed.data;
  const problems = [...(parsed.error?.issues ?? []).map((issue): Named => [issue.path.join('.'), issue.message]), ...weak];
  throw new Error(`The environment is not complete:\n${problems.map(([name, problem]) => `  ${name}: ${problem}`).join('\n')}`);
}

/**
 * The few settings of the command that migrates: the owner's address, which the backend need not know, and the login that
 * is made for it.
 * @throws Error as `readConfig`
 */
export function readMigrationConfig(environment: NodeJS.ProcessEnv = process.env) {
  const shape = z.object({ DATABASE_URL: postgres, MIGRATION_DATABASE_URL: postgres.optional() });
  return parse(shape, environment, (given) => weakPasswords(given, ['DATABASE_URL', 'MIGRATION_DATABASE_URL']));
}

export type Config = ReturnType<typeof readConfig>;

/**
 * The backend's settings from the environment.
 * @throws Error naming every variable that is missing or does not parse, never its value.
 */
export function readConfig(environment: NodeJS.ProcessEnv = process.env) {
  const data = parse(schema, environment, weakSecrets);
  return {
    ...data,
    PROVISION_DOMAIN: data.PROVISION_DOMAIN ?? data.AGENTS_DOMAIN,
    GATEWAY_PUBLIC_URL: data.GATEWAY_PUBLIC_URL ?? `http://localhost:${data.GATEWAY_PORT}`,
  };
}
