import { AppError } from '@agentbot/contracts';
import type { Agent } from '../../generated/prisma/client.ts';
import { gatewayOf, hasGateway, throwGatewayError } from '../agents/gateway.ts';
import type { Context } from '../context.ts';

interface SkillStatus {
  skillKey: string;
  name: string;
  description: string;
  disabled: boolean;
  eligible: boolean;
}

/**
 * The skills of an agent as its gateway lists them: `enabled` is the owner's choice, `ready` whether the skill has all
 * that it needs. An agent without a gateway has none.
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

/** Switches a skill in the running gateway and remembers it for a rebuilt one. @throws AppError INVALID_REQUEST for no such skill */
export async function switchSkill(context: Context, agent: Agent, skillId: string, enabled: boolean): Promise<void> {
  const known = await listSkills(context, agent);
  const gateway = await gatewayOf(context, agent);
  if (!known.some(({ id }) => id === skillId)) throw new AppError('INVALID_REQUEST', 'Unknown skill');
  await gateway.request('skills.update', { skillKey: skillId, enabled }).catch(throwGatewayError);
  const merged = JSON.stringify({ [skillId]: enabled });
  await context.database.as(
    'service',
    (tx) => tx.$executeRaw`UPDATE agents SET skill_switches = skill_switches || ${merged}::jsonb WHERE id = ${agent.id}`,
  );
}
