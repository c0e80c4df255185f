import { AppError } from '@agentbot/contracts';
import type { Address } from 'viem';
import type { Agent } from '../../generated/prisma/client.ts';
import type { Context } from '../context.ts';
import { checkClaim, offeredTypes, type WalletType } from './check-claim.ts';
import { metadataColumn, readProvenMetadata, readVerificationMetadata } from './verification-metadata.ts';

/** Agents per batch: parallel reads share a few requests to the node. */
const BATCH = 50;

/** Why a verification is no longer valid; undefined when it is valid. @throws Error when the chain node does not answer */
async function invalidReason(context: Context, agent: Agent): Promise<string | undefined> {
  const { ensName } = readProvenMetadata(agent);
  const claim = {
    verificationType: agent.verificationType as WalletType,
    wallet: agent.verifierAddress as Address,
    attestationUid: agent.attestationUid ?? undefined,
    ensName,
  };
  try {
    await checkClaim(context, claim);
  } catch (error) {
    if (error instanceof AppError) return error.message;
    throw error;
  }
}

async function recheckBatch(context: Context, agents: Agent[]) {
  const { database, clock, log } = context;
  const results = await Promise.allSettled(agents.map((agent) => invalidReason(context, agent)));
  const stillValid: Pick<Agent, 'id' | 'verifiedAt'>[] = [];
  for (const [index, result] of results.entries()) {
    const agent = agents[index] as Agent;
    if (result.status === 'rejected') log.warn({ err: result.reason, agentId: agent.id }, 'verification could not be rechecked');
    else if (!result.value) stillValid.push({ id: agent.id, verifiedAt: agent.verifiedAt });
    else {
      log.info({ agentId: agent.id, reason: result.value }, 'verification is no longer valid');
      const verificationMetadata = metadataColumn({
        ...readVerificationMetadata(agent),
        reason: result.value,
        verifiedAt: agent.verifiedAt?.toISOString() ?? null,
        endedAt: clock.now().toISOString(),
      });
      // The condition on `verifiedAt` keeps a new verification that was stored during the recheck.
      await database.as('service', (tx) =>
        tx.agent.updateMany({
          where: { id: agent.id, verifiedAt: agent.verifiedAt },
          data: { verified: false, verifiedAt: null, verificationCheckedAt: null, verificationMetadata },
        }),
      );
    }
  }
  await database.as('service', (tx) =>
    tx.agent.updateMany({ where: { OR: stillValid, verified: true }, data: { verificationCheckedAt: clock.now() } }),
  );
}

/**
 * Rechecks every verification that was read from a chain. A verification stays valid when its chain node does not answer or
 * is no longer configured.
 */
export async function recheckVerifications(context: Context): Promise<void> {
  const verificationType = { in: [...(await offeredTypes(context)).keys()] };
  let after = '';
  for (;;) {
    const where = { id: { gt: after }, verified: true, verificationType, verificationCheckedAt: { not: null } };
    const agents = await context.database.as('service', (tx) => tx.agent.findMany({ where, orderBy: { id: 'asc' }, take: BATCH }));
    if (agents.length === 0) return;
    await recheckBatch(context, agents);
    after = (agents.at(-1) as Agent).id;
  }
}
