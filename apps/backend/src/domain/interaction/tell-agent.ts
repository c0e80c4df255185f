import type { Instruction } from '@agentbot/contracts';
import { type Actor, tenantOf, userOf } from '../../shared/actor.ts';
import { newId } from '../../shared/ids.ts';
import { findDefaultAgent, findRunningAgent } from '../agents/find-agent.ts';
import type { Context } from '../context.ts';
import { openSession, sendMessage } from '../conversations/send-message.ts';
import { setCredential } from './credentials.ts';
import { switchSkill } from './skills.ts';

/**
 * Runs an instruction on an agent of the actor.
 * @param options.name the name part of a new message's id, from the request's Idempotency-Key
 * @param options.about called with the id of the agent, for the audit log
 * @throws AppError AGENT_NOT_FOUND, SESSION_NOT_FOUND, INVALID_REQUEST, OPERATION_IN_PROGRESS, OPERATION_FAILED
 */
export async function tellAgent(
  context: Context,
  actor: Actor,
  instruction: Instruction,
  { requestId, name, about }: { requestId: string; name: string | undefined; about: (agentId: string) => void },
): Promise<unknown> {
  const { database } = context;
  const { agentId } = instruction;
  switch (instruction.action) {
    case 'chat': {
      const { message, sessionId, reply } = await sendMessage(context, actor, instruction, newId('msg', name));
      about(message.agentId);
      return { sessionId, reply, timestamp: Date.now() };
    }
    case 'create-session': {
      const session = await database.as(tenantOf(actor), async (tx) => openSession(tx, await findRunningAgent(tx, userOf(actor), agentId)));
      about(session.agentId);
      return { sessionId: session.id, status: 'active' };
    }
    case 'update-skill': {
      const agent = await database.as(tenantOf(actor), (tx) => findRunningAgent(tx, userOf(actor), agentId));
      about(agent.id);
      await switchSkill(context, agent, instruction.skillId, instruction.enabled);
      return { success: true, skillId: instruction.skillId, enabled: instruction.enabled };
    }
    case 'set-credential': {
      const { key, value, appToken } = instruction;
      await database.as(tenantOf(actor), async (tx) => {
        const agent = await findDefaultAgent(tx, userOf(actor), agentId);
        about(agent.id);
        await setCredential(context, tx, agent, { key, value, appToken }, requestId);
      });
      return { success: true, key, configured: Boolean(value) };
    }
  }
}
