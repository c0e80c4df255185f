import { AppError } from '@agentbot/contracts';
import type { Hex } from 'viem';
import { privateKeyToAddress } from 'viem/accounts';
import type { Context } from '../domain/context.ts';
import type { Step } from '../domain/operations/steps.ts';
import type { AgentUpdate } from '../domain/operations/types.ts';
import type { Agent } from '../generated/prisma/client.ts';
import { readAgentSecrets } from '../infra/crypto/agent-secrets.ts';
import { provision } from './provision.ts';

/**
 * Checks that the clone's wallet can be opened, then provisions the clone. One earlier transaction wrote its row, secrets and
 * wallet and claimed its payment, so a retry cannot charge twice.
 */
export async function clone(context: Context, agent: Agent, step: Step): Promise<AgentUpdate> {
  const { database, envelope } = context;
  await step(
    'wallet',
    10_000,
    async () => {
      const { walletKey } = await database.as('service', (tx) => readAgentSecrets(tx, envelope, agent.id));
      const address = walletKey && privateKeyToAddress(walletKey as Hex);
      if (!address || address !== agent.walletAddress) throw new AppError('OPERATION_FAILED', "The clone's wallet cannot be opened");
      return address;
    },
    { detail: (address) => address },
  );
  return provision(context, agent, step);
}
