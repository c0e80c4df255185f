import { AppError, type ModelTestResult } from '@agentbot/contracts';
import type { Actor } from '../../shared/actor.ts';
import { getAgent } from '../agents/agents.ts';
import type { Context } from '../context.ts';
import { callModel } from './call-model.ts';
import { readModelAccess } from './model-access.ts';
import { readAnswer, runModelTest } from './run-model-test.ts';

/**
 * Calls the model of the actor's agent once, with its stored key. The call is in the ledger and under the budget like any other.
 * @throws AppError AGENT_NOT_FOUND
 */
export async function testModel(context: Context, actor: Actor, id: string): Promise<ModelTestResult> {
  await getAgent(context, actor, id);
  const access = await readModelAccess(context, id, 'row');
  const target = access?.targets[0];
  if (!access || !target) throw new AppError('AGENT_NOT_FOUND');
  return runModelTest(target, async (request, signal) => {
    const { status, body } = await callModel(context, access, { source: 'test', target, search: '', signal, ...request });
    return { status, text: await readAnswer(body) };
  });
}
