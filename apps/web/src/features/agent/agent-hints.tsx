import type { AgentOverview } from '@agentbot/contracts';
import { Trans } from '@lingui/react/macro';
import Link from 'next/link';
import { AccountBudgetHint } from '../../components/agent/account-budget-hint.tsx';
import { budgetWarning } from '../../components/agent/budget-text.ts';
import { bypassWarning } from '../../components/agent/bypass-text.ts';
import { Hint } from '../../components/ui/notice.tsx';

/** What the owner should know of an agent: a container that needs a restart, and budgets that are nearly spent. */
export function AgentHints({ agent }: { agent: AgentOverview }) {
  const ofAgent = budgetWarning(agent.budgets.agent, 'agent');
  const bypass = bypassWarning(agent);
  return (
    <div className="mb-4 space-y-3 empty:hidden">
      {bypass && <Hint>{bypass}</Hint>}
      {ofAgent && (
        <Hint>
          {ofAgent}{' '}
          <Link href={`/agents/${agent.id}/usage`} className="text-accent underline">
            <Trans>Usage and budget</Trans>
          </Link>
        </Hint>
      )}
      <AccountBudgetHint use={agent.budgets.account} />
    </div>
  );
}
