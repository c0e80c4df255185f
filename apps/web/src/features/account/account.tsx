'use client';

import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { Download } from 'lucide-react';
import useSWR from 'swr';
import { LanguageChoice } from '../../components/language-choice.tsx';
import { buttonStyle } from '../../components/ui/button-style.ts';
import { Card, PageHeader } from '../../components/ui/card.tsx';
import { Loading } from '../../components/ui/loading.tsx';
import { Problem } from '../../components/ui/notice.tsx';
import { api, urlOf } from '../../lib/api/client.ts';
import { errorMessage } from '../../lib/api/errors.ts';
import { AgentMails } from './agent-mails.tsx';
import { ChangePassword } from './change-password.tsx';
import { DeleteAccount } from './delete-account.tsx';
import { Passkeys } from './passkeys.tsx';
import { Profile } from './profile.tsx';
import { Sessions } from './sessions.tsx';

/** The account: name and email, password, sessions, export and deletion. @param mail whether the installation can send mail */
export function Account({ mail }: { mail: boolean }) {
  const { data, error, mutate } = useSWR('account', () => api('getAccount', {}));
  return (
    <>
      <PageHeader title={t`Account`} description={t`Your name, how you sign in, where you are signed in, and which mails you get.`} />
      <div className="max-w-2xl space-y-4">
        {error && !data && <Problem onRetry={() => mutate()}>{errorMessage(error)}</Problem>}
        {!data && !error && <Loading rows={3} className="h-40" />}
        {data && (
          <>
            <Profile key={data.account.name} account={data.account} mail={mail} onChanged={() => mutate()} />
            <ChangePassword account={data.account} />
            <Passkeys account={data.account} />
            <Sessions />
            <Card title={t`Language`} description={t`The language of the dashboard in this browser.`}>
              <LanguageChoice className="w-full sm:w-56" />
            </Card>
            <AgentMails account={data.account} mail={mail} onChanged={() => mutate()} />
            <Card
              title={t`Export`}
              description={t`One JSON file with your account, agents, conversations, messages and costs. It contains no password, key or token. Files of your agents are in their backups.`}
            >
              <a className={buttonStyle({ kind: 'plain' })} href={urlOf('exportAccount')} download="agentbot-account.json">
                <Download aria-hidden className="size-4" /> <Trans>Export data</Trans>
              </a>
            </Card>
            <DeleteAccount account={data.account} />
          </>
        )}
      </div>
    </>
  );
}
