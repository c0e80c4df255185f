'use client';

import type { AccountView } from '@agentbot/contracts';
import { msg, t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { useState } from 'react';
import { Card } from '../../components/ui/card.tsx';
import { Input } from '../../components/ui/field.tsx';
import { api } from '../../lib/api/client.ts';
import { say } from '../../lib/language/texts.ts';
import { withToast } from '../../lib/toast/with-toast.ts';

interface Props {
  account: AccountView;
  /** Whether the installation can send mail. */
  mail: boolean;
  onChanged: () => void;
}

const DESCRIPTION = msg`When an agent has not worked for five minutes, when it works again, and when an automatic backup failed.`;

/** Whether agents that do not work are told of by mail; a change is saved at once. */
export function AgentMails({ account, mail, onChanged }: Props) {
  const [busy, setBusy] = useState(false);
  async function save(agentMails: boolean) {
    setBusy(true);
    const text = { pending: t`Saving…`, success: agentMails ? t`Mails about agents are on` : t`Mails about agents are off` };
    if (await withToast(api('updateAccount', { body: { agentMails } }), text)) onChanged();
    setBusy(false);
  }
  const obstacle = mail
    ? account.emailVerifiedAt === null && t`Mails go to a verified address. Yours is not verified yet.`
    : t`This installation cannot send mail.`;
  return (
    <Card title={t`Mails`} description={say(DESCRIPTION)}>
      <label className="flex items-start gap-3 text-sm">
        <Input
          type="checkbox"
          className="mt-1 accent-accent"
          checked={account.agentMails}
          disabled={busy || !mail}
          onChange={({ target }) => save(target.checked)}
        />
        <Trans>Mail me about my agents</Trans>
      </label>
      {obstacle && <p className="mt-2 text-muted text-xs">{obstacle}</p>}
    </Card>
  );
}
