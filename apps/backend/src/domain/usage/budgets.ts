import { type AccountBudget, type AccountBudgetChange, AppError, type Budget, type BudgetChange } from '@agentbot/contracts';
import type { Agent, User } from '../../generated/prisma/client.ts';
import { type Actor, tenantOf, userOf } from '../../shared/actor.ts';
import type { Context } from '../context.ts';

type Slice = Pick<Context, 'database'>;
type BudgetColumns = Pick<User, 'dailyBudgetMicros' | 'monthlyBudgetMicros'>;
type AccountColumns = BudgetColumns & Pick<User, 'budgetMails'>;
type AgentColumns = BudgetColumns & Pick<Agent, 'inputPriceMicros' | 'outputPriceMicros'>;

const MICROS = 1_000_000;
const toUsd = (micros: bigint | null) => (micros === null ? null : Number(micros) / MICROS);
/** Undefined keeps a column, null empties it. */
const toMicros = (dollars: number | null | undefined) => (typeof dollars === 'number' ? BigInt(Math.round(dollars * MICROS)) : dollars);

const amounts = ({ dailyBudgetMicros, monthlyBudgetMicros }: BudgetColumns) => ({
  dailyUsd: toUsd(dailyBudgetMicros),
  monthlyUsd: toUsd(monthlyBudgetMicros),
});

/** An account's own budget, in dollars; null for none. */
export const accountBudget = (account: AccountColumns): AccountBudget => ({ ...amounts(account), mails: account.budgetMails });

/** An agent's budget and the price that its owner gave, in dollars; null for none. */
export function agentBudget(agent: AgentColumns): Budget {
  const [inputUsd, outputUsd] = [toUsd(agent.inputPriceMicros), toUsd(agent.outputPriceMicros)];
  return { ...amounts(agent), price: inputUsd === null || outputUsd === null ? null : { inputUsd, outputUsd } };
}

const budgetColumns = ({ dailyUsd, monthlyUsd }: BudgetChange) => ({
  dailyBudgetMicros: toMicros(dailyUsd),
  monthlyBudgetMicros: toMicros(monthlyUsd),
});

/** Changes an agent's budget and price. Calls that run keep their reservations. @throws AppError AGENT_NOT_FOUND */
export async function setAgentBudget({ database }: Slice, actor: Actor, id: string, change: BudgetChange): Promise<Budget> {
  const { price } = change;
  const data = {
    ...budgetColumns(change),
    inputPriceMicros: toMicros(price === null ? null : price?.inputUsd),
    outputPriceMicros: toMicros(price === null ? null : price?.outputUsd),
  };
  return database.as(tenantOf(actor), async (tx) => {
    const { count } = await tx.agent.updateMany({ where: { id }, data });
    if (count === 0) throw new AppError('AGENT_NOT_FOUND');
    return agentBudget(await tx.agent.findUniqueOrThrow({ where: { id } }));
  });
}

/** Changes the budget of the actor's account, and whether notices of budgets are mailed. */
export async function setAccountBudget({ database }: Slice, actor: Actor, change: AccountBudgetChange): Promise<AccountBudget> {
  const data = { ...budgetColumns(change), budgetMails: change.mails };
  const user = await database.as(tenantOf(actor), (tx) => tx.user.update({ where: { id: userOf(actor) }, data }));
  return accountBudget(user);
}
