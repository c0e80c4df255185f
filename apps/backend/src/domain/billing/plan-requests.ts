import { AppError, type Plan, type PlanRequestView, type WaitingPlanRequest } from '@agentbot/contracts';
import type { PlanRequest } from '../../generated/prisma/client.ts';
import { isUniqueViolation, type Transaction } from '../../infra/database/database.ts';
import { type Actor, userOf } from '../../shared/actor.ts';
import { newId } from '../../shared/ids.ts';
import { lockAccount } from '../accounts/grants.ts';
import type { Context } from '../context.ts';

type Slice = Pick<Context, 'database' | 'clock'>;

/** The maximum number of open requests in the administrators' list. */
const MAX_LISTED = 100;

const view = (row: PlanRequest): PlanRequestView => ({
  id: row.id,
  plan: row.plan,
  message: row.message,
  state: row.state as PlanRequestView['state'],
  createdAt: row.createdAt.toISOString(),
  decidedAt: row.decidedAt?.toISOString() ?? null,
  grantedPlan: row.grantedPlan,
  reason: row.reason,
});

/**
 * Asks the administrators for a plan.
 * @throws AppError PLAN_REQUEST_OPEN, INVALID_REQUEST for the plan that the account has, UNAUTHORIZED for an unknown account
 */
export async function requestPlan(
  { database, clock, accounts }: Slice & Pick<Context, 'accounts'>,
  actor: Actor,
  { plan, message }: { plan: Plan; message?: string | undefined },
): Promise<PlanRequestView> {
  const ownerId = userOf(actor);
  const account = await accounts.find(ownerId);
  if (account.plan === plan) throw new AppError('INVALID_REQUEST', 'Your account has this plan already');
  const data = { id: newId('preq'), ownerId, plan, message: message || null, createdAt: clock.now() };
  const row = await database.as({ userId: ownerId }, async (tx) => {
    await lockAccount(tx, clock, actor);
    return tx.planRequest.create({ data }).catch((error) => {
      throw isUniqueViolation(error) ? new AppError('PLAN_REQUEST_OPEN') : error;
    });
  });
  return view(row);
}

/** The latest request of the actor's account; null before the first. */
export async function getPlanRequest({ database }: Pick<Context, 'database'>, actor: Actor): Promise<PlanRequestView | null> {
  const ownerId = userOf(actor);
  const row = await database.as({ userId: ownerId }, (tx) =>
    tx.planRequest.findFirst({ where: { ownerId }, orderBy: [{ createdAt: 'desc' }, { id: 'desc' }] }),
  );
  return row && view(row);
}

/** The open requests of all accounts, oldest first. */
export async function listPlanRequests({ database }: Pick<Context, 'database'>): Promise<WaitingPlanRequest[]> {
  const rows = await database.as('service', (tx) =>
    tx.planRequest.findMany({
      where: { state: 'open' },
      orderBy: [{ createdAt: 'asc' }, { id: 'asc' }],
      take: MAX_LISTED,
      include: { owner: { select: { email: true, name: true, plan: true } } },
    }),
  );
  return rows.map(({ id, ownerId, owner, plan, message, createdAt }) => ({
    id,
    userId: ownerId,
    email: owner.email,
    name: owner.name,
    currentPlan: owner.plan,
    plan,
    message,
    createdAt: createdAt.toISOString(),
  }));
}

/** Locks an open request. @throws AppError PLAN_REQUEST_NOT_FOUND, PLAN_REQUEST_CLOSED after another administrator's decision */
async function lockOpenRequest(tx: Transaction, id: string): Promise<PlanRequest> {
  await tx.$queryRaw`SELECT 1 FROM plan_requests WHERE id = ${id} FOR UPDATE`;
  const row = await tx.planRequest.findUnique({ where: { id } });
  if (!row) throw new AppError('PLAN_REQUEST_NOT_FOUND');
  if (row.state !== 'open') throw new AppError('PLAN_REQUEST_CLOSED');
  return row;
}

/** Grants an open request, and the plan with it. @throws AppError PLAN_REQUEST_NOT_FOUND, PLAN_REQUEST_CLOSED */
export async function grantPlanRequest({ database, clock }: Slice, id: string, granted: Plan | undefined) {
  return database.as('service', async (tx) => {
    const { ownerId, plan } = await lockOpenRequest(tx, id);
    const grantedPlan = granted ?? plan;
    await tx.user.update({ where: { id: ownerId }, data: { plan: grantedPlan, planWithdrawnAt: null } });
    const row = await tx.planRequest.update({ where: { id }, data: { state: 'granted', grantedPlan, decidedAt: clock.now() } });
    return { ownerId, request: view(row) };
  });
}

/** Refuses an open request. @throws AppError PLAN_REQUEST_NOT_FOUND, PLAN_REQUEST_CLOSED */
export async function refusePlanRequest({ database, clock }: Slice, id: string, reason: string | undefined) {
  return database.as('service', async (tx) => {
    const { ownerId } = await lockOpenRequest(tx, id);
    const data = { state: 'refused', reason: reason || null, decidedAt: clock.now() };
    return { ownerId, request: view(await tx.planRequest.update({ where: { id }, data })) };
  });
}
