'use client';

import type { AccountBudget } from '@agentbot/contracts';
import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { useState } from 'react';
import { Card } from '../../components/ui/card.tsx';
import { Input } from '../../components/ui/field.tsx';
import { api } from '../../lib/api/client.ts';
import { withToast } from '../../lib/toast/with-toast.ts';

interface Props {
  budget: AccountBudget;
  onSaved: (budget: AccountBudget) => void;
}

/** Whether notices of budgets are mailed; a change is saved at once. */
export function BudgetMails({ budget, onSaved }: Props) {
  const [busy, setBusy] = useState(false);
  async function save(mails: boolean) {
    setBusy(true);
    const text = { pending: t`Saving…`, success: mails ? t`Mails are on` : t`Mails are off` };
    const saved = await withToast(api('setAccountBudget', { body: { mails } }), text);
    if (saved) onSaved(saved.budget);
    setBusy(false);
  }
  return (
    <Card
      title={t`Notices`}
      description={t`When 50, 80 or 100 % of a budget is spent, this page or the agent’s page says so. A mail goes to the address of your account, if you have confirmed it.`}
    >
      <label className="flex items-start gap-3 text-sm">
        <Input
          type="checkbox"
          className="mt-1 accent-accent"
          checked={budget.mails}
          disabled={busy}
          onChange={({ target }) => save(target.checked)}
        />
        <Trans>Mail me about budgets of my account and my agents</Trans>
      </label>
    </Card>
  );
}
