import { AppError } from '@agentbot/contracts';
import { lockRemovableUser } from '../accounts/administrators.ts';
import { removeCredentials } from '../accounts/remove-credentials.ts';
import type { Context } from '../context.ts';
import { waitForOperation } from '../operations/watch-operation.ts';
import { deleteAgentsOf, removeRow } from './remove-closed-accounts.ts';

/** How long a request waits until the account's agents are deleted. */
const WAIT_MS = 20_000;
/** The states at Stripe after which nothing is billed. @see https://docs.stripe.com/api/subscriptions/object#subscription_object-status */
const ENDED = ['canceled', 'incomplete_expired'];

/**
 * Deletes an account with its agents. One transaction marks the account and removes every credential, so that nobody can use it
 * from then on; the agents' delete operations follow, and the account's row goes after the last of them. A crash or a failed
 * operation only delays this: maintenance resumes it every minute.
 * @returns whether everything is gone already
 * @throws AppError USER_NOT_FOUND, LAST_ADMINISTRATOR, SUBSCRIPTION_ACTIVE
 */
export async function closeAccount(context: Context, id: string): Promise<'deleted' | 'deleting'> {
  const { database, callers, clock, config } = context;
  await database.as('service', async (tx) => {
    await lockRemovableUser(tx, config, id);
    if (await tx.subscription.count({ where: { ownerId: id, status: { notIn: ENDED } } })) throw new AppError('SUBSCRIPTION_ACTIVE');
    await tx.user.update({ where: { id }, data: { closingAt: clock.now(), passwordHash: null } });
    await removeCredentials(tx, id);
  });
  await callers.fence();
  const operations = await deleteAgentsOf(context, id);
  const waitMs = Math.min(WAIT_MS, config.OPERATION_WAIT_SECONDS * 1_000);
  await Promise.all(operations.map((operation) => waitForOperation(context, 'service', operation, waitMs)));
  return (await removeRow(context, id)) ? 'deleted' : 'deleting';
}
