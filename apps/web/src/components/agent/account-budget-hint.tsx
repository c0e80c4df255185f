import type { BudgetUse } from '@agentbot/contracts';
import Link from 'next/link';
import { Hint } from '../ui/notice.tsx';
import { budgetWarning } from './budget-text.ts';

/** Warns that most of the account's budget is used. Renders nothing while less is used. */
export function AccountBudgetHint({ use }: { use: BudgetUse | null }) {
  const warning = budgetWarning(use, 'The budget of your account');
  if (!warning) return null;
  return (
    <Hint>
      {warning}{' '}
      <Link href="/account/usage" className="text-accent underline">
        Usage and budget
      </Link>
    </Hint>
  );
}
