import { AppError } from '@agentbot/contracts';
import type { Agent } from '../../generated/prisma/client.ts';
import { gatewayOf, hasGateway, throwGatewayError } from '../agents/gateway.ts';
import type { Context } from '../context.ts';
import { confirmLive } from '../provisioning/apply-live.ts';

interface SkillStatus {
  skillKey: string;
  name: string;
  description: string;
  disabled: boolean;
  eligible: boolean;
}

/**
 * The skills of an agent as its gateway lists them: `enabled` is the owner's choice, `ready` means that the skill's
 * requirements are met. An agent without a gateway has no skills.
 */
export async function listSkills(context: Context, agent: Agent) {
  if (!hasGateway(agent)) return [];
  const gateway = await gatewayOf(context, agent);
  const { skills } = await gateway.request<{ skills: SkillStatus[] }>('skills.status').catch(throwGatewayError);
  return skills.map(({ skillKey, name, description, disabled, eligible }) => ({
    id: skillKey,
    name,
    description,
    enabled: !disabled,
    ready: eligible,
  }));
}

/**
 * Switches a skill in the running gateway and stores the choice for a new container.
 * @throws AppError INVALID_REQUEST, OPERATION_FAILED when the gateway runs with another configuration afterwards
 */
export async function switchSkill(context: Context, agent: Agent, skillId: string, enabled: boolean): Promise<void> {
  const skills = await listSkills(context, agent);
  const gateway = await gatewayOf(context, agent);
  if (!skills.some(({ id }) => id === skillId)) throw new AppError('INVALID_REQUEST', 'Unknown skill');
  await gateway.request('skills.update', { skillKey: skillId, enabled }).catch(throwGatewayError);
  const merged = JSON.stringify({ [skillId]: enabled });
  await context.database.as(
    'service',
    (tx) => tx.$executeRaw`UPDATE agents SET skill_switches = skill_switches || ${merged}::jsonb WHERE id = ${agent.id}`,
  );
  await confirmLive(context, agent);
}
