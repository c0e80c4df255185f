import type { BudgetUse } from '@agentbot/contracts';
import { Trans } from '@lingui/react/macro';
import Link from 'next/link';
import { Hint } from '../ui/notice.tsx';
import { budgetWarning } from './budget-text.ts';

/** Warns that most of the account's budget is used. Renders nothing while less is used. */
export function AccountBudgetHint({ use }: { use: BudgetUse | null }) {
  const warning = budgetWarning(use, 'account');
  if (!warning) return null;
  return (
    <Hint>
      {warning}{' '}
      <Link href="/account/usage" className="text-accent underline">
        <Trans>Usage and budget</Trans>
      </Link>
    </Hint>
  );
}
