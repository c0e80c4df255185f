import { z } from 'zod';

export const planSchema = z.enum(['solo', 'collective', 'label', 'network'], { error: 'Invalid plan' });
export type Plan = z.infer<typeof planSchema>;

export const tierSchema = z.enum(['starter', 'pro', 'enterprise'], { error: 'Invalid tier' });
export type Tier = z.infer<typeof tierSchema>;

interface Entitlement {
  /** The maximum number of agents through the dashboard. */
  webLimit: number;
  /** The maximum number of agents through `POST /api/agents` and `/api/deployments`. */
  backendLimit: number;
  /** The maximum number of agents through `POST /api/provision`. */
  provisionLimit: number;
  memoryBytes: number;
  /** The maximum size of an agent's data: of the disk that it uses, and of the length of its files. */
  diskBytes: number;
  cpus: number;
  toolProfile: 'messaging' | 'coding';
  /** The longest that an agent may work on one reply, in minutes, and how often it may call a tool meanwhile. */
  replyMinutes: number;
  replyToolCalls: number;
  /** How often an agent may call its models per minute. */
  modelCallsPerMinute: number;
  /** The order of the plans: a plan includes those of a lower rank. */
  rank: number;
}

const GiB = 1024 ** 3;

/** The limits and resources of every plan. */
export const plans: Record<Plan, Entitlement> = {
  solo: {
    webLimit: 1,
    backendLimit: 3,
    provisionLimit: 1,
    memoryBytes: 2 * GiB,
    diskBytes: 2 * GiB,
    cpus: 1,
    toolProfile: 'messaging',
    replyMinutes: 10,
    replyToolCalls: 100,
    modelCallsPerMinute: 60,
    rank: 1,
  },
  collective: {
    webLimit: 3,
    backendLimit: 10,
    provisionLimit: 3,
    memoryBytes: 4 * GiB,
    diskBytes: 5 * GiB,
    cpus: 2,
    toolProfile: 'coding',
    replyMinutes: 15,
    replyToolCalls: 200,
    modelCallsPerMinute: 120,
    rank: 2,
  },
  label: {
    webLimit: 1,
    backendLimit: 1,
    provisionLimit: 10,
    memoryBytes: 8 * GiB,
    diskBytes: 10 * GiB,
    cpus: 4,
    toolProfile: 'coding',
    replyMinutes: 20,
    replyToolCalls: 300,
    modelCallsPerMinute: 240,
    rank: 3,
  },
  network: {
    webLimit: 100,
    backendLimit: 100,
    provisionLimit: Number.POSITIVE_INFINITY,
    memoryBytes: 16 * GiB,
    diskBytes: 20 * GiB,
    cpus: 4,
    toolProfile: 'coding',
    replyMinutes: 30,
    replyToolCalls: 500,
    modelCallsPerMinute: 600,
    rank: 4,
  },
};

/** The maximum number of an administrator's agents, through any route. */
export const ADMIN_AGENT_LIMIT = 1000;

const planOfTier: Record<Tier, Plan> = { starter: 'solo', pro: 'collective', enterprise: 'network' };

/**
 * The plan of a new agent. Without a tier it is `label`, as the contract says. A tier cannot exceed the account's plan
 * (`null`: no cap, for administrators).
 */
export function planForTier(tier: Tier | undefined, account: Plan | null): Plan {
  if (!tier) return 'label';
  const requested = planOfTier[tier];
  // Stryker disable next-line EqualityOperator: plans of the same rank are the same plan
  return account && plans[requested].rank > plans[account].rank ? account : requested;
}

/** What a container host has. */
export interface Capacity {
  memoryBytes: number;
  cpus: number;
}

/** Memory and CPUs of a plan's container: the plan's, or what the host has if that is less. @param host null when no host is known */
export function planResources(plan: Plan, host: Capacity | null): Capacity {
  const { memoryBytes, cpus } = plans[plan];
  return host ? { memoryBytes: Math.min(memoryBytes, host.memoryBytes), cpus: Math.min(cpus, host.cpus) } : { memoryBytes, cpus };
}
