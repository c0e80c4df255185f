import path from 'node:path';
import { z } from 'zod';

const port = z.coerce.number().int().min(0).max(65_535);
const flag = z.enum(['true', 'false']).transform((value) => value === 'true');
const emails = z.string().transform((list) => list.split(',').flatMap((entry) => entry.trim().toLowerCase() || []));
const domain = z
  .string()
  .toLowerCase()
  .regex(/^[a-z0-9-]+(\.[a-z0-9-]+)*$/, { error: 'must be a domain name' });
const secret = z.string().min(32, { error: 'must have at least 32 characters' });

const schema = z.object({
  NODE_ENV: z.enum(['development', 'test', 'production']).default('development'),
  DATABASE_URL: z.url({ protocol: /^postgres(ql)?$/ }),
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
  ENCRYPTION_KEYS: z.string(),
  ADMIN_EMAILS: emails.default([]),
  TESTER_EMAILS: emails.default([]),
  /** A mail server for password resets, with user and password if it wants them. */
  SMTP_URL: z.url({ protocol: /^smtps?$/ }).optional(),
  MAIL_FROM: z.string().default('Agentbot <agentbot@localhost>'),
  /** Where the dashboard is reached, for links in mails. */
  DASHBOARD_URL: z.url({ protocol: /^https?$/ }).default('http://localhost:3000'),
  TRUST_PROXY: z.string().default('loopback'),
  PROVISIONING_ENABLED: flag.default(true),
  CONTAINER_HOST: z.enum(['docker']).default('docker'),
  DOCKER_HOST: z.string().optional(),
  OPENCLAW_IMAGE: z.string().min(1).default('ghcr.io/openclaw/openclaw:2026.3.13'),
  /** Images an agent may be moved to: names or beginnings of names; empty allows any. */
  ALLOWED_IMAGES: z
    .string()
    .transform((list) => list.split(',').flatMap((entry) => entry.trim() || []))
    .default([]),
  /** Where backups of agents' data are kept. */
  BACKUP_DIR: z
    .string()
    .default('.data/backups')
    .transform((folder) => path.resolve(folder)),
  /** First host port of agents; each takes four. */
  AGENT_PORT_BASE: port.default(19_000),
  /** The /16 that agents' networks are cut from, eight addresses each. */
  AGENT_SUBNET: z
    .string()
    .regex(/^\d+\.\d+\.0\.0\/16$/, { error: 'must look like 10.201.0.0/16' })
    .default('10.201.0.0/16'),
  /** Tells apart several installations on one engine. */
  INSTALLATION: z
    .string()
    .regex(/^[a-z0-9-]{1,32}$/)
    .default('default'),
  ALLOW_PRIVATE_MODEL_ENDPOINTS: flag.default(false),
  OPENROUTER_BASE_URL: z.url().optional(),
  GEMINI_BASE_URL: z.url().optional(),
  GROQ_BASE_URL: z.url().optional(),
  ANTHROPIC_BASE_URL: z.url().optional(),
  OPENAI_BASE_URL: z.url().optional(),
  /** Requests a minute on /api/*, per user or per address, and of those on `POST /api/deployments`. */
  API_RATE_LIMIT: z.coerce.number().int().min(1).default(120),
  DEPLOYMENT_RATE_LIMIT: z.coerce.number().int().min(1).default(5),
  /** Wrong passwords for one email from one address in a quarter of an hour; sign-ins and sign-ups from one address, thrice that. */
  SIGN_IN_RATE_LIMIT: z.coerce.number().int().min(1).default(10),
  READY_TIMEOUT_SECONDS: z.coerce.number().int().min(5).max(600).default(120),
  LOG_LEVEL: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'silent']).default('info'),
});

export type Config = ReturnType<typeof readConfig>;

/**
 * The backend's settings from the environment.
 * @throws Error naming every variable that is missing or does not parse, never its value.
 */
export function readConfig(environment: NodeJS.ProcessEnv = process.env) {
  const given = Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== ''));
  const parsed = schema.safeParse(given);
  if (!parsed.success) {
    const problems = parsed.error.issues.map((issue) => `  ${issue.path.join('.')}: ${issue.message}`);
    throw new Error(`The environment is not complete:\n${problems.join('\n')}`);
  }
  const { data } = parsed;
  return {
    ...data,
    PROVISION_DOMAIN: data.PROVISION_DOMAIN ?? data.AGENTS_DOMAIN,
    GATEWAY_PUBLIC_URL: data.GATEWAY_PUBLIC_URL ?? `http://localhost:${data.GATEWAY_PORT}`,
  };
}
