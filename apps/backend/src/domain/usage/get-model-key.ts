import { AppError, type KeySource, type ProviderKeyView } from '@agentbot/contracts';
import { type Actor, tenantOf } from '../../shared/actor.ts';
import { getAgent } from '../agents/agents.ts';
import type { Context } from '../context.ts';
import { refusalOf } from '../provider-keys/stored-keys.ts';
import { readModelAccess } from './model-access.ts';

interface ModelKeyView {
  provider: string;
  keySource: KeySource | null;
  refused: ProviderKeyView['refused'];
}

/** Which key the model of the actor's agent is called with, as its configuration is saved. @throws AppError AGENT_NOT_FOUND */
export async function getModelKey(
  context: Pick<Context, 'config' | 'database' | 'envelope' | 'clock' | 'accounts'>,
  actor: Actor,
  id: string,
): Promise<ModelKeyView> {
  await getAgent(context, actor, id);
  const access = await readModelAccess(context, id, 'row');
  const target = access?.targets[0];
  if (!target) throw new AppError('AGENT_NOT_FOUND');
  const key = access.keyFor(target);
  const stored = key?.stored;
  const row = stored && (await context.database.as(tenantOf(actor), (tx) => tx.providerKey.findUnique({ where: { id: stored.id } })));
  return { provider: target.provider, keySource: key?.source ?? null, refused: row ? refusalOf(row) : null };
}
