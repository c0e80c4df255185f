'use client';

import type { Scope } from '@agentbot/contracts';
import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { type FormEvent, useState } from 'react';
import useSWR from 'swr';
import { Button } from '../../components/ui/button.tsx';
import { Card } from '../../components/ui/card.tsx';
import { Field, SelectField } from '../../components/ui/field.tsx';
import { api } from '../../lib/api/client.ts';
import { useMe } from '../../lib/hooks/use-me.ts';
import type { Options } from '../../lib/options.ts';
import { withToast } from '../../lib/toast/with-toast.ts';

const scopeOptions = (admin: boolean): Options => [
  ['agents:read agents:write', t`Read and change agents`],
  ['agents:read', t`Read agents`],
  ...(admin ? [['admin:*', t`Administer the installation, without access to agents`] as const] : []),
];
const expiryOptions = (): Options => [
  ['', t`Never`],
  ['30', t`In 30 days`],
  ['90', t`In 90 days`],
  ['365', t`In a year`],
];

/** The form that creates an API key. */
export function NewKey({ onCreated }: { onCreated: (secret: string) => void }) {
  const { data: known } = useSWR('overview', () => api('listOverview', {}), { revalidateOnFocus: false });
  const { data: me } = useMe();
  const [busy, setBusy] = useState(false);
  const agents = [['', t`All my agents`] as const, ...(known?.agents.map(({ id, name }) => [id, name] as const) ?? [])];
  async function create(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const element = event.currentTarget;
    const form = new FormData(element);
    const text = (name: string) => String(form.get(name) ?? '');
    const days = Number(text('expiryDays'));
    setBusy(true);
    const body = {
      name: text('name'),
      scopes: text('scopes').split(' ') as Scope[],
      ...(text('agentId') && { agentId: text('agentId') }),
      ...(days && { expiresAt: new Date(Date.now() + days * 86_400_000).toISOString() }),
    };
    const created = await withToast(api('createApiKey', { body }), { pending: t`Creating a key…`, success: t`The key is created` });
    setBusy(false);
    if (!created) return;
    element.reset();
    onCreated(created.key);
  }
  return (
    <Card title={t`New key`} description={t`For programs: scripts, servers, other services.`}>
      <form method="post" onSubmit={create} className="grid items-end gap-4 sm:grid-cols-2">
        <Field label={t`Name`} name="name" required maxLength={100} placeholder={t`Deploy script`} />
        <SelectField label={t`Scopes`} name="scopes" options={scopeOptions(me?.admin ?? false)} />
        <SelectField label={t`Agents`} name="agentId" options={agents} />
        <SelectField label={t`Expires`} name="expiryDays" options={expiryOptions()} />
        <Button type="submit" busy={busy} className="sm:col-span-2 sm:justify-self-start">
          <Trans>Create key</Trans>
        </Button>
      </form>
    </Card>
  );
}
