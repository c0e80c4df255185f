'use client';

import type { Plan, UserView } from '@agentbot/contracts';
import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { useState } from 'react';
import { Button } from '../../components/ui/button.tsx';
import { PageHeader } from '../../components/ui/card.tsx';
import { controlStyle, Select } from '../../components/ui/field.tsx';
import { LoadMore } from '../../components/ui/load-more.tsx';
import { Loading } from '../../components/ui/loading.tsx';
import { Problem } from '../../components/ui/notice.tsx';
import { RelativeTime } from '../../components/ui/relative-time.tsx';
import { SearchBox } from '../../components/ui/search-box.tsx';
import { Table } from '../../components/ui/table.tsx';
import { api } from '../../lib/api/client.ts';
import { usePages } from '../../lib/hooks/use-pages.ts';
import { planName } from '../../lib/plans.ts';
import { withToast } from '../../lib/toast/with-toast.ts';
import { AddUser } from './add-user.tsx';
import { ManageUser } from './manage-user.tsx';
import { planNames } from './plan-names.ts';

/** A plan select with a button that grants it. The select alone changes nothing: arrow keys step through its values. */
function PlanGrant({ user, onGranted }: { user: UserView; onGranted: () => void }) {
  const [plan, setPlan] = useState(user.plan);
  const [busy, setBusy] = useState(false);
  async function grant() {
    if (!plan) return;
    setBusy(true);
    await withToast(api('grantPlan', { params: { id: user.id }, body: { plan } }), {
      pending: t`Granting ${planName(plan)} to ${user.email}…`,
      success: t`${user.email} has the plan ${planName(plan)}`,
    });
    onGranted();
    setBusy(false);
  }
  return (
    <div className="flex gap-2">
      <Select
        aria-label={t`Plan of ${user.email}`}
        className={`${controlStyle} w-32`}
        value={plan ?? ''}
        disabled={busy}
        onChange={(event) => setPlan((event.target.value || null) as Plan | null)}
      >
        {!user.plan && <option value="">{t`none`}</option>}
        {planNames.map((name) => (
          <option key={name} value={name}>
            {planName(name)}
          </option>
        ))}
      </Select>
      <Button kind="plain" aria-label={t`Grant the plan to ${user.email}`} busy={busy} disabled={plan === user.plan} onClick={grant}>
        <Trans>Grant</Trans>
      </Button>
    </div>
  );
}

/** What a user is: role, and whether the account is blocked or being deleted. */
function Role({ user }: { user: UserView }) {
  return (
    <span>
      {user.admin ? t`administrator` : t`user`}
      {user.blocked && (
        <span className="block font-medium text-danger text-xs">
          <Trans>blocked</Trans>
        </span>
      )}
      {user.closing && (
        <span className="block text-muted text-xs">
          <Trans>being deleted</Trans>
        </span>
      )}
    </span>
  );
}

/** The accounts of the installation: plans, roles, blocks. @param mail whether the installation can send mail */
export function Users({ mail }: { mail: boolean }) {
  const [q, setQ] = useState('');
  const { pages, problem, reload, hasMore, loadMoreProblem, loadMore, busy } = usePages(['admin-users', q], (cursor) =>
    api('listUsers', { query: { ...(q && { q }), ...(cursor && { cursor }) } }),
  );
  const users = pages?.flatMap((page) => page.users) ?? [];
  return (
    <>
      <PageHeader title={t`Users`} description={t`All accounts of this installation. A granted plan counts as a subscription.`}>
        <AddUser mail={mail} onAdded={reload} />
      </PageHeader>
      <div className="mb-4 flex">
        <SearchBox label={t`Search by email or name`} onSearch={setQ} />
      </div>
      <div className="mb-4 empty:hidden">
        <Problem onRetry={reload}>{problem}</Problem>
      </div>
      {!pages && !problem && <Loading rows={5} className="h-12" />}
      {pages && users.length === 0 && (
        <p className="text-muted text-sm">
          <Trans>No users found.</Trans>
        </p>
      )}
      {users.length > 0 && (
        <Table label={t`Users`} head={[t`User`, t`Role`, t`Agents`, t`Plan`, t`Since`, t`Actions`]}>
          {users.map((user) => (
            <tr key={user.id}>
              <td>
                <span className="font-medium">{user.email}</span>
                {user.name && <span className="block text-muted text-xs">{user.name}</span>}
              </td>
              <td>
                <Role user={user} />
              </td>
              <td className="tabular-nums">{user.agentCount}</td>
              <td>
                <PlanGrant key={user.plan} user={user} onGranted={() => void reload()} />
              </td>
              <td className="whitespace-nowrap text-muted">
                <RelativeTime time={user.createdAt} />
              </td>
              <td>
                <ManageUser user={user} mail={mail} onChanged={reload} />
              </td>
            </tr>
          ))}
        </Table>
      )}
      {hasMore && <LoadMore label={t`More users`} busy={busy} problem={loadMoreProblem} onLoadMore={loadMore} />}
    </>
  );
}
