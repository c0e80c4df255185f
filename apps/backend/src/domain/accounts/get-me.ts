import { type Actor, tenantOf, userOf } from '../../shared/actor.ts';
import type { Context } from '../context.ts';
import { webAgentLimit } from './accounts.ts';

/** The actor's account, with the number of its agents and the web tier's limit. */
export async function getMe({ accounts, database }: Pick<Context, 'accounts' | 'database'>, actor: Actor) {
  const account = await accounts.find(userOf(actor));
  const { tester, emailTrusted: _emailTrusted, blocked: _blocked, planWithdrawn: _planWithdrawn, ...publicFields } = account;
  const agentCount = await database.as(tenantOf(actor), (tx) => tx.agent.count({ where: { ownerId: account.id } }));
  const needsPlan = !account.plan && !account.admin && !tester;
  return { ...publicFields, needsPlan, agentLimit: webAgentLimit(account), agentCount };
}
