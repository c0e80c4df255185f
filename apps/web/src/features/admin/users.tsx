'use client';

import type { Plan, UserView } from '@agentbot/contracts';
import { useState } from 'react';
import { PageHead } from '../../components/ui/card.tsx';
import { controlLook } from '../../components/ui/field.tsx';
import { Loading } from '../../components/ui/loading.tsx';
import { More } from '../../components/ui/more.tsx';
import { Problem } from '../../components/ui/notice.tsx';
import { Table } from '../../components/ui/table.tsx';
import { act } from '../act.ts';
import { Ago } from '../ago.tsx';
import { api, sentenceOf } from '../api.ts';
import { SearchBox } from './search-box.tsx';
import { usePages } from './use-pages.ts';

const planNames: Plan[] = ['solo', 'collective', 'label', 'network'];

function Grant({ user, onGranted }: { user: UserView; onGranted: () => void }) {
  const [busy, setBusy] = useState(false);
  async function grant(plan: Plan) {
    setBusy(true);
    await act(api('grantPlan', { params: { id: user.id }, body: { plan } }), {
      doing: `Granting ${plan} to ${user.email}…`,
      done: `${user.email} has the ${plan} plan`,
    });
    onGranted();
    setBusy(false);
  }
  return (
    <select
      aria-label={`Plan of ${user.email}`}
      className={`${controlLook} w-32`}
      value={user.plan ?? ''}
      disabled={busy}
      onChange={(event) => grant(event.target.value as Plan)}
    >
      {!user.plan && <option value="">none</option>}
      {planNames.map((plan) => (
        <option key={plan}>{plan}</option>
      ))}
    </select>
  );
}

/** The accounts of the installation, and the plans they are granted. */
export function Users() {
  const [q, setQ] = useState('');
  const { pages, error, more, showMore, busy, mutate } = usePages(['admin-users', q], (cursor) =>
    api('listUsers', { query: { ...(q && { q }), ...(cursor && { cursor }) } }),
  );
  const users = pages?.flatMap((page) => page.users) ?? [];
  return (
    <>
      <PageHead title="Users" about="Everybody with an account here. A granted plan counts as a subscription." />
      <div className="mb-4 flex">
        <SearchBox label="Search by email or name" onSearch={setQ} />
      </div>
      {error && !pages && <Problem>{sentenceOf(error)}</Problem>}
      {!pages && !error && <Loading rows={5} className="h-12" />}
      {pages && users.length === 0 && <p className="text-muted text-sm">Nobody was found.</p>}
      {users.length > 0 && (
        <Table label="Users" head={['Email', 'Name', 'Role', 'Agents', 'Plan', 'Since']}>
          {users.map((user) => (
            <tr key={user.id}>
              <td className="font-medium">{user.email}</td>
              <td>{user.name ?? '–'}</td>
              <td>{user.admin ? 'administrator' : 'user'}</td>
              <td className="tabular-nums">{user.agentCount}</td>
              <td>
                <Grant user={user} onGranted={() => void mutate()} />
              </td>
              <td className="whitespace-nowrap text-muted">
                <Ago time={user.createdAt} />
              </td>
            </tr>
          ))}
        </Table>
      )}
      {more && <More label="More users" busy={busy} onClick={showMore} />}
    </>
  );
}
