import { randomBytes } from 'node:crypto';
import { ADMIN_AGENT_LIMIT, type AgentConfig, AppError, type Plan } from '@agentbot/contracts';
import type { Account } from '../accounts/accounts.ts';
import type { Transaction } from '../database/database.ts';
import type { Agent, AgentState, Prisma } from '../generated/prisma/client.ts';
import { newId } from '../ids.ts';
import { newDeviceKey } from '../openclaw/device.ts';
import { providerFor } from '../openclaw/providers.ts';
import { writeAgentSecrets } from '../secrets/agent-secrets.ts';
import type { Envelope } from '../secrets/envelope.ts';

interface NewAgent {
  name: string;
  model: string;
  plan: Plan;
  config: AgentConfig;
  state: AgentState;
}

/**
 * Inserts an agent of `owner` unless that would exceed `limit`. Counting and inserting are one step: the owner's row
 * is locked in between, so that parallel requests take turns.
 * @throws AppError AGENT_LIMIT_REACHED with `current` and `limit`
 */
export async function insertAgent(tx: Transaction, envelope: Envelope, owner: Account, limit: number, agent: NewAgent): Promise<Agent> {
  await tx.$queryRaw`SELECT 1 FROM users WHERE id = ${owner.id} FOR UPDATE`;
  const current = await tx.agent.count({ where: { ownerId: owner.id, state: { not: 'deleting' } } });
  const most = owner.admin ? ADMIN_AGENT_LIMIT : limit;
  if (current >= most) throw new AppError('AGENT_LIMIT_REACHED', undefined, { details: { current, limit: most } });

  const { apiKey, telegramToken, discordBotToken, whatsappToken, ...open } = agent.config;
  const row = await tx.agent.create({
    data: {
      id: newId('agent'),
      ownerId: owner.id,
      name: agent.name,
      model: agent.model,
      aiProvider: providerFor(agent.model, open.aiProvider),
      config: open as Prisma.InputJsonObject,
      plan: agent.plan,
      state: agent.state,
    },
  });
  await writeAgentSecrets(tx, envelope, row, {
    apiKey,
    telegramToken,
    discordBotToken,
    whatsappToken,
    gatewayToken: randomBytes(32).toString('hex'),
    deviceKey: newDeviceKey(),
  });
  return row;
}
