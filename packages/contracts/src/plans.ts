import { z } from 'zod';

export const planSchema = z.enum(['solo', 'collective', 'label', 'network'], { error: 'Invalid plan' });
export type Plan = z.infer<typeof planSchema>;

export const tierSchema = z.enum(['starter', 'pro', 'enterprise'], { error: 'Invalid tier' });
export type Tier = z.infer<typeof tierSchema>;

interface Entitlement {
  /** Agents a person may have through the dashboard. */
  webLimit: number;
  /** Agents through `POST /api/agents` and `/api/deployments`. */
  backendLimit: number;
  /** Agents through `POST /api/provision`. */
  provisionLimit: number;
  memoryBytes: number;
  cpus: number;
  toolProfile: 'messaging' | 'coding';
  /** Order for "is at least"; a larger plan covers the smaller ones. */
  rank: number;
}

const GiB = 1024 ** 3;

/** The one table of what a plan gives. */
export const plans: Record<Plan, Entitlement> = {
  solo: { webLimit: 1, backendLimit: 3, provisionLimit: 1, memoryBytes: 2 * GiB, cpus: 1, toolProfile: 'messaging', rank: 1 },
  collective: { webLimit: 3, backendLimit: 10, provisionLimit: 3, memoryBytes: 4 * GiB, cpus: 2, toolProfile: 'coding', rank: 2 },
  label: { webLimit: 1, backendLimit: 1, provisionLimit: 10, memoryBytes: 8 * GiB, cpus: 4, toolProfile: 'coding', rank: 3 },
  network: {
    webLimit: 100,
    backendLimit: 100,
    provisionLimit: Number.POSITIVE_INFINITY,
    memoryBytes: 16 * GiB,
    cpus: 4,
    toolProfile: 'coding',
    rank: 4,
  },
};

/** What an administrator may have, through any door. */
export const ADMIN_AGENT_LIMIT = 1000;

const planOfTier: Record<Tier, Plan> = { starter: 'solo', pro: 'collective', enterprise: 'network' };

/**
 * The plan a new agent gets. No tier is `label`, as the contract says; a tier is a hint and cannot exceed what the
 * account holds (`null`: no cap, for administrators).
 */
export function planForTier(tier: Tier | undefined, account: Plan | null): Plan {
  if (!tier) return 'label';
  const asked = planOfTier[tier];
  return account && plans[asked].rank > plans[account].rank ? account : asked;
}
