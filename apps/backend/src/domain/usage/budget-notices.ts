import { type BudgetNotice, budgetThresholds } from '@agentbot/contracts';
import { Prisma } from '../../generated/prisma/client.ts';
import type { Transaction } from '../../infra/database/database.ts';
import { type Clock, msAgo } from '../../shared/clock.ts';
import type { Context } from '../context.ts';
import { queueMails } from '../notices/mails.ts';
import { dateOf, firstDay, usd } from './spend.ts';

/** How long notices are kept: longer than the month that the usage pages show. */
const KEPT_MS = 62 * 24 * 3_600_000;
/** The age of the oldest refused call that is read: several runs of the task. */
const REFUSALS_MS = 10 * 60_000;

interface NewNotice {
  subject: 'agent' | 'account';
  subjectId: string;
  ownerId: string;
  period: BudgetNotice['period'];
  percent: number;
  budgetMicros: bigint;
  spentMicros: bigint;
}

type Slice = Pick<Context, 'config' | 'database' | 'clock'>;

/** Records each threshold that a budget has reached and that has no notice yet, in one statement. @returns the new notices */
function recordNotices(tx: Transaction, { config, clock }: Slice): Promise<NewNotice[]> {
  const today = dateOf(firstDay(clock, 1));
  const defaults = Object.entries(config.PLAN_BUDGETS).map(([plan, { daily, monthly }]) => ({
    plan,
    daily: daily?.toString(),
    monthly: monthly?.toString(),
  }));
  return tx.$queryRaw<NewNotice[]>(Prisma.sql`
      WITH defaults AS (
        SELECT * FROM jsonb_to_recordset(${JSON.stringify(defaults)}::jsonb) AS d (plan text, daily bigint, monthly bigint)
      ), spent AS (
        SELECT subject, subject_id, COALESCE(sum(spent_micros) FILTER (WHERE day = ${today}::date), 0) AS today, sum(spent_micros) AS month
        FROM spend_days
        WHERE day >= date_trunc('month', ${today}::date)::date AND subject IN ('agent', 'account')
        GROUP BY subject, subject_id
      ), budgets AS (
        SELECT 'agent' AS subject, id AS subject_id, owner_id, daily_budget_micros AS today, monthly_budget_micros AS month, updated_at
        FROM agents
        UNION ALL
        -- As accountLimits takes them: its own budget, else the lowest default of the plans of its agents.
        SELECT 'account', u.id, u.id, COALESCE(u.daily_budget_micros, min(d.daily)), COALESCE(u.monthly_budget_micros, min(d.monthly)),
          u.updated_at
        FROM users u LEFT JOIN agents a ON a.owner_id = u.id LEFT JOIN defaults d ON d.plan = a.plan::text
        GROUP BY u.id
      ), refused AS (
        SELECT split_part(outcome, ' ', 2) AS subject, split_part(outcome, ' ', 3) AS period,
          CASE split_part(outcome, ' ', 2) WHEN 'agent' THEN agent_id ELSE owner_id END AS subject_id, max(ended_at) AS at
        FROM model_calls
        WHERE ended_at > ${msAgo(clock, REFUSALS_MS)} AND day = ${today}::date AND outcome LIKE 'refused: a% %'
        GROUP BY 1, 2, 3
      ), reached AS (
        SELECT subject, subject_id, budgets.owner_id, part.period, part.since, part.budget, part.spent, threshold
        FROM budgets LEFT JOIN spent USING (subject, subject_id)
        CROSS JOIN LATERAL (VALUES
          ('day', ${today}::date, budgets.today, COALESCE(spent.today, 0)),
          ('month', date_trunc('month', ${today}::date)::date, budgets.month, COALESCE(spent.month, 0))
        ) AS part (period, since, budget, spent)
        CROSS JOIN unnest(${[...budgetThresholds]}::integer[]) AS threshold
        WHERE (part.budget > 0 AND part.spent * 100 >= part.budget * threshold)
          -- A refused call counts as a spent budget: the rest does not cover the worst case of a call. A refusal that is older than the
          -- last change of the agent or account may have been by another amount.
          OR (threshold = 100 AND part.budget IS NOT NULL AND EXISTS (
            SELECT 1 FROM refused r
            WHERE r.subject = budgets.subject AND r.subject_id = budgets.subject_id AND r.period = part.period AND r.at > budgets.updated_at
          ))
      ), told AS (
        INSERT INTO budget_notices (subject, subject_id, period, since, percent, budget_micros, owner_id, at)
        SELECT subject, subject_id, period, since, threshold, budget, owner_id, ${clock.now()} FROM reached
        ON CONFLICT DO NOTHING
        RETURNING subject, subject_id, period, percent, budget_micros
      )
      SELECT told.subject, told.subject_id AS "subjectId", told.period, told.percent, told.budget_micros AS "budgetMicros",
        reached.owner_id AS "ownerId", reached.spent::bigint AS "spentMicros"
      FROM told JOIN reached USING (subject, subject_id, period)
      WHERE told.percent = reached.threshold
      ORDER BY told.percent DESC`);
}

const dollars = (micros: bigint) => `$${usd(micros).toFixed(2)}`;

/** The mail about a notice. @param whose begins a sentence: `Heron's` */
function mailOf({ period, percent, budgetMicros, spentMicros }: NewNotice, whose: string, link: string) {
  const budget = `${whose} budget for ${period === 'day' ? 'today' : 'this month'}`;
  const amounts = `${dollars(spentMicros)} of ${dollars(budgetMicros)}`;
  const begins = period === 'day' ? 'at midnight UTC' : 'on the first of the month, UTC';
  const told =
    percent < 100
      ? { subject: `${budget} is ${percent} % spent`, text: `${budget} is ${percent} % spent: ${amounts}. You can change it here:` }
      : spentMicros >= budgetMicros
        ? { subject: `${budget} is spent`, text: `${budget} is spent: ${amounts}. It begins again ${begins}. You can raise it here:` }
        : {
            subject: `${budget} does not pay for a model call any more`,
            text: `A model call was refused, because what is left of the budget may not pay for it. ${budget}: ${amounts} spent. It begins again ${begins}. You can raise it here:`,
          };
  return { subject: told.subject, text: `${told.text}\n${link}\n\nYou can switch off mails about budgets on the page Usage.\n` };
}

/** The mails about new notices: to owners who want them, and one for a budget that passed several thresholds at once. */
async function mailsOf(tx: Transaction, { DASHBOARD_URL }: Slice['config'], notices: NewNotice[]) {
  const ids = (key: 'ownerId' | 'subjectId') => [...new Set(notices.map((notice) => notice[key]))];
  const owners = await tx.user.findMany({ where: { id: { in: ids('ownerId') }, budgetMails: true }, select: { id: true } });
  const agents = await tx.agent.findMany({ where: { id: { in: ids('subjectId') } }, select: { id: true, name: true } });
  const names = new Map(agents.map(({ id, name }) => [id, name]));
  const told = new Set<string>();
  // The notices are sorted by percent, the highest first.
  return notices.flatMap((notice) => {
    const { subject, subjectId, ownerId, period } = notice;
    const budget = `${subject} ${subjectId} ${period}`;
    if (!owners.some(({ id }) => id === ownerId) || told.has(budget)) return [];
    told.add(budget);
    const isAgent = subject === 'agent';
    const link = new URL(isAgent ? `/agents/${subjectId}/usage` : '/account/usage', DASHBOARD_URL).href;
    return { ownerId, ...mailOf(notice, isAgent ? `${names.get(subjectId) ?? 'An agent'}'s` : "The account's", link) };
  });
}

/** Tells owners that 50, 80 or 100 percent of a budget is spent: on the usage pages, and by mail. */
export async function tellBudgets(context: Slice): Promise<void> {
  const { config, database, clock } = context;
  await database.as('service', async (tx) => {
    const notices = await recordNotices(tx, context);
    if (config.SMTP_URL) await queueMails(tx, clock, await mailsOf(tx, config, notices));
    await tx.budgetNotice.deleteMany({ where: { at: { lt: msAgo(clock, KEPT_MS) } } });
  });
}

/** The notices of an agent's or account's budget of today and this month, latest first. */
export async function readNotices(tx: Transaction, clock: Clock, subject: 'agent' | 'account', subjectId: string): Promise<BudgetNotice[]> {
  const today = firstDay(clock, 1);
  const month = new Date(Date.UTC(today.getUTCFullYear(), today.getUTCMonth(), 1));
  const rows = await tx.budgetNotice.findMany({
    where: {
      subject,
      subjectId,
      OR: [
        { period: 'day', since: today },
        { period: 'month', since: month },
      ],
    },
    orderBy: [{ at: 'desc' }, { percent: 'desc' }, { period: 'asc' }],
  });
  return rows.map(({ period, percent, budgetMicros, at }) => ({
    period: period as BudgetNotice['period'],
    percent: percent as BudgetNotice['percent'],
    usd: usd(budgetMicros),
    at: at.toISOString(),
  }));
}
