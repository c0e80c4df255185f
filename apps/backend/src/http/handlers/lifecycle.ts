import { AppError } from '@agentbot/contracts';
import { backendStatus } from '../../domain/agents/agent-view.ts';
import type { Context } from '../../domain/context.ts';
import { replaceAgentToken } from '../../domain/operations/agent-token.ts';
import { readApplied, readHealMessage } from '../../domain/operations/operation-columns.ts';
import { runOperation, startAgent, updateAgent } from '../../domain/operations/run-operation.ts';
import type { Handlers } from '../mount-routes.ts';

/** Handlers for the routes of packages/contracts/src/lifecycle.ts. */
export function lifecycleHandlers(context: Context) {
  return {
    startAgent: async ({ actor, params, requestId }) => {
      await startAgent(context, actor, params.id, requestId);
      return { success: true, status: 'active' };
    },
    stopAgent: async ({ actor, params, requestId }) => {
      await runOperation(context, actor, params.id, 'stop', requestId);
      return { success: true, status: 'stopped' };
    },
    restartAgent: async ({ actor, params, requestId }) => {
      const { agent, operation } = await runOperation(context, actor, params.id, 'restart', requestId);
      if (!agent) throw new AppError('AGENT_NOT_FOUND');
      const healMessage = readHealMessage(operation);
      return {
        success: true,
        status: 'active',
        healedLegacyModel: healMessage !== '',
        healMessage,
        openclawVersion: agent.openclawVersion ?? 'unknown',
      };
    },
    replaceAgentToken: async ({ actor, params, requestId }) => ({ token: await replaceAgentToken(context, actor, params.id, requestId) }),
    updateAgent: async ({ actor, params, body, requestId }) => {
      const { agent, previousImage, backupPath } = await updateAgent(context, actor, params.id, body.image, requestId);
      return {
        success: true,
        status: backendStatus(agent.state),
        image: agent.image ?? '',
        previousImage,
        backupPath,
        openclawVersion: agent.openclawVersion ?? 'unknown',
      };
    },
    repairAgent: async ({ actor, params, requestId }) => {
      await runOperation(context, actor, params.id, 'repair', requestId);
      return { success: true, message: 'Agent repaired successfully' };
    },
    applyAgentConfig: async ({ actor, params, requestId }) => {
      const { operation } = await runOperation(context, actor, params.id, 'configure', requestId);
      return { success: true, applied: readApplied(operation) };
    },
    resetAgentMemory: async ({ actor, params, requestId }) => {
      await runOperation(context, actor, params.id, 'reset-memory', requestId);
      return { success: true, message: 'Memory reset successfully' };
    },
  } satisfies Partial<Handlers>;
}
