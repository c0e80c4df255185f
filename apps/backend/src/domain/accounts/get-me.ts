import { type Actor, tenantOf, userOf } from '../../shared/actor.ts';
import type { Context } from '../context.ts';
import { webAgentLimit } from './accounts.ts';

/** The actor's account as its owner sees it, with the number of its agents and how many the web tier allows. */
export async function getMe({ accounts, database }: Pick<Context, 'accounts' | 'database'>, actor: Actor) {
  const account = await accounts.find(userOf(actor));
  const { tester: _tester, emailIsTheirs: _emailIsTheirs, ...shown } = account;
  const agentCount = await database.as(tenantOf(actor), (tx) => tx.agent.count({ where: { ownerId: account.id } }));
  return { ...shown, agentLimit: webAgentLimit(account), agentCount };
}
