import { AppError } from '@agentbot/contracts';
import type { Address } from 'viem';
import type { Agent } from '../../generated/prisma/client.ts';
import type { Context } from '../context.ts';
import { checkClaim, offeredTypes, type WalletType } from './check-claim.ts';
import { metadataColumn, readProvenMetadata, readVerificationMetadata } from './verification-metadata.ts';

/** Asked at once, so that they go to the node in a few requests. */
const BATCH = 50;

/** Why a verification does not hold any more, or nothing when it does. @throws Error when the chain cannot be asked */
async function lostBecause(context: Context, agent: Agent): Promise<string | undefined> {
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
  const { database, log } = context;
  const found = await Promise.allSettled(agents.map((agent) => lostBecause(context, agent)));
  const held: Pick<Agent, 'id' | 'verifiedAt'>[] = [];
  for (const [index, result] of found.entries()) {
    const agent = agents[index] as Agent;
    if (result.status === 'rejected') log.warn({ err: result.reason, agentId: agent.id }, 'a verification could not be checked again');
    else if (!result.value) held.push({ id: agent.id, verifiedAt: agent.verifiedAt });
    else {
      log.info({ agentId: agent.id, reason: result.value }, 'a verification does not hold any more');
      const verificationMetadata = metadataColumn({
        ...readVerificationMetadata(agent),
        reason: result.value,
        verifiedAt: agent.verifiedAt?.toISOString() ?? null,
        endedAt: new Date().toISOString(),
      });
      // One that was verified anew meanwhile is another verification.
      await database.as('service', (tx) =>
        tx.agent.updateMany({
          where: { id: agent.id, verifiedAt: agent.verifiedAt },
          data: { verified: false, verifiedAt: null, verificationCheckedAt: null, verificationMetadata },
        }),
      );
    }
  }
  await database.as('service', (tx) =>
    tx.agent.updateMany({ where: { OR: held, verified: true }, data: { verificationCheckedAt: new Date() } }),
  );
}

/**
 * Checks again every verification that was read from a chain; what cannot be asked about stays as it is, also where the
 * chain's node was taken out of the settings.
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
