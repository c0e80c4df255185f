import { ADMIN_AGENT_LIMIT, type AgentConfig, AppError, type Plan } from '@agentbot/contracts';
import type { Agent, AgentState, Prisma } from '../../generated/prisma/client.ts';
import { type AgentSecrets, splitConfig, writeAgentSecrets } from '../../infra/crypto/agent-secrets.ts';
import type { Envelope } from '../../infra/crypto/envelope.ts';
import type { Transaction } from '../../infra/database/database.ts';
import { newDeviceKey } from '../../infra/openclaw/device.ts';
import { newId } from '../../shared/ids.ts';
import type { Account } from '../accounts/accounts.ts';
import type { LiveStream } from '../streaming/live-stream.ts';
import { newGatewayToken } from './gateway.ts';

interface NewAgent {
  /** Random when absent. An existing row with this id is returned unchanged, so that a repeated request is idempotent. */
  id?: string | undefined;
  name: string;
  model: string;
  aiProvider: string;
  plan: Plan;
  config: AgentConfig;
  state: AgentState;
  /** The image that the owner chose; null for the platform image. */
  image?: string | null;
  instructions?: string | undefined;
  hostPrefix?: string;
  contactEmail?: string | null;
  stream?: LiveStream | undefined;
  /** Added to the secrets of `config`. */
  secrets?: AgentSecrets;
  /** Set for a clone. */
  lineage?: Pick<Agent, 'parentId' | 'generation' | 'specialization' | 'walletAddress'> & { skillSwitches: Prisma.InputJsonValue };
}

/**
 * Inserts an agent of `owner` unless that would exceed `limit`. Counting and inserting are atomic: the lock on the owner's
 * row serializes parallel requests.
 * @throws AppError AGENT_LIMIT_REACHED with `current` and `limit`
 */
export async function insertAgent(tx: Transaction, envelope: Envelope, owner: Account, limit: number, agent: NewAgent): Promise<Agent> {
  await tx.$queryRaw`SELECT 1 FROM users WHERE id = ${owner.id} FOR UPDATE`;
  const id = agent.id ?? newId('agent');
  const existing = await tx.agent.findUnique({ where: { id } });
  if (existing) return existing;
  const current = await tx.agent.count({ where: { ownerId: owner.id, state: { not: 'deleting' } } });
  const maxAgents = owner.admin ? ADMIN_AGENT_LIMIT : limit;
  if (current >= maxAgents) throw new AppError('AGENT_LIMIT_REACHED', undefined, { details: { current, limit: maxAgents } });

  const { open, secrets } = splitConfig(agent.config);
  const row = await tx.agent.create({
    data: {
      id,
      ownerId: owner.id,
      name: agent.name,
      model: agent.model,
      aiProvider: agent.aiProvider,
      config: open,
      plan: agent.plan,
      state: agent.state,
      image: agent.image ?? null,
      instructions: agent.instructions ?? null,
      hostPrefix: agent.hostPrefix ?? '',
      contactEmail: agent.contactEmail ?? null,
      liveStreamId: agent.stream?.liveStreamId ?? null,
      playbackId: agent.stream?.playbackId ?? null,
      ...agent.lineage,
    },
  });
  await writeAgentSecrets(tx, envelope, row, {
    ...secrets,
    ...agent.secrets,
    streamKey: agent.stream?.streamKey,
    gatewayToken: newGatewayToken(),
    deviceKey: newDeviceKey(),
  });
  return row;
}
