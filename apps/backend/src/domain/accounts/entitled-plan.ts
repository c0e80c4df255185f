import type { OperationKind, Plan } from '@agentbot/contracts';
import type { Agent } from '../../generated/prisma/client.ts';
import { readContainerSpec } from '../../infra/docker/stored-spec.ts';
import type { Context } from '../context.ts';
import { coversContainer, isPaidClone } from './entitlements.ts';

const makeNoContainer: OperationKind[] = ['stop', 'backup', 'delete'];

/** The plan that was checked when an agent was last provisioned. */
async function provisionedFor({ database }: Pick<Context, 'database'>, agentId: string): Promise<Plan | undefined> {
  const [before] = await database.as(
    'service',
    (tx) => tx.$queryRaw<{ plan: Plan }[]>`
      SELECT agent_before->>'plan' AS plan FROM operations
      WHERE agent_id = ${agentId} AND kind IN ('provision', 'clone') AND agent_before->>'plan' IS NOT NULL
      ORDER BY created_at DESC LIMIT 1`,
  );
  return before?.plan;
}

/**
 * An agent as an operation may make its container. What a request asked for has the plan that was checked with it, whatever
 * the row says by now. What the platform does by itself has the row's plan where that is covered; else what the agent has or
 * was provisioned for; else its owner's plan, or the smallest.
 * @param checked the plan that was checked with the request
 */
export async function withEntitledPlan(
  context: Pick<Context, 'database' | 'accounts'>,
  agent: Agent,
  kind: OperationKind,
  checked: Plan | undefined,
): Promise<Agent> {
  if (makeNoContainer.includes(kind)) return agent;
  if (checked) return { ...agent, plan: checked };
  const account = await context.accounts.find(agent.ownerId);
  if (isPaidClone(agent) || coversContainer(account, agent)) return agent;
  const has = readContainerSpec(agent)?.plan ?? (await provisionedFor(context, agent.id));
  return { ...agent, plan: has ?? account.plan ?? 'solo' };
}
