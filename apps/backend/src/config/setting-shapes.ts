import { readFileSync } from 'node:fs';
import type { Plan } from '@agentbot/contracts';
import { baseUrlProblem } from '@agentbot/contracts/base-url';
import { z } from 'zod';
import { parseAllowedImages } from './allowed-images.ts';
import { parseKeys } from './keyring.ts';

/** How single settings are written in the environment, and the values that they parse to. */

export const port = z.coerce.number().int().min(0).max(65_535);
export const flag = z.enum(['true', 'false']).transform((value) => value === 'true');
export const emails = z.string().transform((list) => list.split(',').flatMap((entry) => entry.trim().toLowerCase() || []));
export const domain = z
  .string()
  .toLowerCase()
  .regex(/^[a-z0-9-]+(\.[a-z0-9-]+)*$/, { error: 'must be a domain name' });
export const textFile = z.string().transform((file, context) => {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    context.addIssue('must be a readable file');
    return z.NEVER;
  }
});
export const secret = z.string({ error: 'is not set' }).min(32, { error: 'must have at least 32 characters' });
export const keyring = z.string({ error: 'is not set' }).superRefine((text, context) => {
  try {
    parseKeys(text);
  } catch (error) {
    context.addIssue((error as Error).message);
  }
});
export const allowedImages = z.string().transform((list, context) => {
  try {
    return parseAllowedImages(list);
  } catch (error) {
    context.addIssue((error as Error).message);
    return z.NEVER;
  }
});
export const walletAddress = z.string().regex(/^0x[0-9a-fA-F]{40}$/, { error: 'must be a wallet address' });
export const commaList = z.string().transform((list) => list.split(',').flatMap((entry) => entry.trim() || []));
/** The base URL of a model provider. */
export const providerUrl = z.string().superRefine((text, context) => {
  const problem = baseUrlProblem(text);
  if (problem) context.addIssue(problem);
});
export const node = z.url({ protocol: /^https?$/ });

export const agentSubnet = z
  .string()
  .regex(/^\d+\.\d+\.0\.0\/16$/, { error: 'must look like 10.201.0.0/16' })
  .default('10.201.0.0/16');
export const installation = z
  .string()
  .regex(/^[a-z0-9-]{1,32}$/)
  .default('default');
export const agentRuntime = z
  .string()
  .regex(/^[\w.-]{1,100}$/, { error: "must be the name of one of the engine's runtimes" })
  .optional();
export const modelGatewayPort = port.default(10_100);
/** `solo=1/20,network=/500`: dollars per day and month by plan; an empty one is no limit. */
export const planBudgets = z.string().transform((list, context): { [plan in Plan]?: { daily?: bigint; monthly?: bigint } } => {
  const entries = list
    .split(',')
    .map((entry) => /^\s*(solo|collective|label|network)=(\d{0,7}(?:\.\d{1,6})?)\/(\d{0,7}(?:\.\d{1,6})?)\s*$/.exec(entry));
  if (entries.some((entry) => !entry)) context.addIssue('must look like solo=1/20,network=/500: dollars per day and month');
  const micros = (dollars: string | undefined) => (dollars ? BigInt(Math.round(Number(dollars) * 1_000_000)) : undefined);
  return Object.fromEntries(
    entries.map((entry) => {
      const [daily, monthly] = [micros(entry?.[2]), micros(entry?.[3])];
      return [entry?.[1], { ...(daily !== undefined && { daily }), ...(monthly !== undefined && { monthly }) }];
    }),
  );
});
/** Allowances have the form of budgets; one without an amount would have no limit. */
export const planAllowances = planBudgets.refine(
  (allowances) => Object.values(allowances).every(({ daily, monthly }) => (daily ?? monthly) !== undefined),
  { error: 'must give each plan dollars per day or month' },
);
export const swarmConstraints = z.string().transform((list, context) =>
  list.split(',').flatMap((entry) => {
    const [, plan, constraint] = /^\s*(\*|solo|collective|label|network):(node\.[\w.-]+[!=]=[\w.-]+)\s*$/.exec(entry) ?? [];
    if (plan && constraint) return { plan, constraint };
    if (entry.trim()) context.addIssue('must look like network:node.labels.size==large: a plan or *, and a constraint on nodes');
    return [];
  }),
);
export const egressPort = z.coerce.number().int().min(1).max(65_535).optional();

export const postgres = z.url({ protocol: /^postgres(ql)?$/, error: 'must be a Postgres connection string' });

export const containerHost = z.enum(['docker', 'swarm']).default('docker');
export const agentPortBase = port.default(19_000);
export const nodePort = port.default(10_200);
export const swarmCertificates = z.string().default('.data/swarm');
export const swarmImage = z.string().default('agentbot/backend:local');
/** The addresses by which nodes reach the backends. */
export const swarmBackends = z
  .string()
  .transform((list) => list.split(',').map((entry) => entry.trim()))
  .pipe(z.array(z.string().regex(/^[\w.-]+:\d{1,5}$/, { error: 'must be addresses of backends, such as 10.0.0.1:10101' })));
