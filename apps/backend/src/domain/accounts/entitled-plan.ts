import type { OperationKind, Plan } from '@agentbot/contracts';
import type { Agent } from '../../generated/prisma/client.ts';
import { readContainerSpec } from '../../infra/docker/stored-spec.ts';
import type { Context } from '../context.ts';
import { coversContainer, isPaidClone } from './entitlements.ts';

const kindsWithoutContainer: OperationKind[] = ['stop', 'backup', 'delete'];

/** The plan that was checked when the agent was last provisioned. */
async function lastProvisionedPlan({ database }: Pick<Context, 'database'>, agentId: string): Promise<Plan | undefined> {
  const [last] = await database.as(
    'service',
    (tx) => tx.$queryRaw<{ plan: Plan }[]>`
      SELECT agent_before->>'plan' AS plan FROM operations
      WHERE agent_id = ${agentId} AND kind IN ('provision', 'clone') AND agent_before->>'plan' IS NOT NULL
      ORDER BY created_at DESC LIMIT 1`,
  );
  return last?.plan;
}

/**
 * Returns the agent with the plan that its container may have. An operation of a request keeps the plan that the request
 * was checked for, even when the row has changed since. An operation of the platform takes the first of these: the row's
 * plan if the account covers it, the current container's plan, the last provisioned plan, the owner's plan, `solo`.
 * @param checkedPlan the plan that the request was checked for
 */
export async function withEntitledPlan(
  context: Pick<Context, 'database' | 'accounts'>,
  agent: Agent,
  kind: OperationKind,
  checkedPlan: Plan | undefined,
): Promise<Agent> {
  if (kindsWithoutContainer.includes(kind)) return agent;
  if (checkedPlan) return { ...agent, plan: checkedPlan };
  const account = await context.accounts.find(agent.ownerId);
  if (isPaidClone(agent) || coversContainer(account, agent)) return agent;
  const previousPlan = readContainerSpec(agent)?.plan ?? (await lastProvisionedPlan(context, agent.id));
  return { ...agent, plan: previousPlan ?? account.plan ?? 'solo' };
}
