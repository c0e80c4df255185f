import { SERVICE_ACCOUNT } from '../../shared/actor.ts';
import type { Context } from '../context.ts';
import { keyedProviders } from './stored-keys.ts';

/** What an account's calls with the installation's keys may cost per day and month, in micro-dollars; undefined for no limit. */
export interface Allowance {
  daily?: bigint;
  monthly?: bigint;
}

/**
 * The allowance of an account: that of the plan which it pays for or was granted. Administrators and testers need no plan; without
 * one they have the allowance of the largest. Undefined: the account may not use the installation's keys.
 * @throws AppError UNAUTHORIZED when the account no longer exists
 */
export async function allowanceOf(
  { config, accounts }: Pick<Context, 'config' | 'accounts'>,
  ownerId: string,
): Promise<Allowance | undefined> {
  if (Object.keys(config.PLAN_ALLOWANCES).length === 0) return undefined;
  const { plan, admin, tester } = await accounts.find(ownerId);
  const needsNone = admin || tester || ownerId === SERVICE_ACCOUNT;
  const counted = plan ?? (needsNone ? 'network' : undefined);
  return counted && config.PLAN_ALLOWANCES[counted];
}

/** The providers whose key of the installation an account may use. */
export async function sharedProviders(
  context: Pick<Context, 'config' | 'accounts' | 'database'>,
  ownerId: string,
): Promise<ReadonlySet<string>> {
  if (!(await allowanceOf(context, ownerId))) return new Set();
  return context.database.as('service', (tx) => keyedProviders(tx, null));
}
