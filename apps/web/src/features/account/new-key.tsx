'use client';

import type { Scope } from '@agentbot/contracts';
import { type FormEvent, useState } from 'react';
import useSWR from 'swr';
import { Button } from '../../components/ui/button.tsx';
import { Card } from '../../components/ui/card.tsx';
import { Field, SelectField } from '../../components/ui/field.tsx';
import { api } from '../../lib/api/client.ts';
import { useMe } from '../../lib/hooks/use-me.ts';
import { withToast } from '../../lib/toast/with-toast.ts';

const scopeOptions: [string, string][] = [
  ['agents:read agents:write', 'Read and change agents'],
  ['agents:read', 'Read agents'],
];
const adminOption: [string, string] = ['admin:*', 'Administer the installation, without access to agents'];
const expiryOptions: [string, string][] = [
  ['', 'Never'],
  ['30', 'In 30 days'],
  ['90', 'In 90 days'],
  ['365', 'In a year'],
];

/** The form that creates an API key. */
export function NewKey({ onCreated }: { onCreated: (secret: string) => void }) {
  const { data: known } = useSWR('overview', () => api('listOverview', {}), { revalidateOnFocus: false });
  const { data: me } = useMe();
  const [busy, setBusy] = useState(false);
  const agents = [['', 'All my agents'] as const, ...(known?.agents.map(({ id, name }) => [id, name] as const) ?? [])];
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
    const created = await withToast(api('createApiKey', { body }), { pending: 'Creating a key…', success: 'The key is created' });
    setBusy(false);
    if (!created) return;
    element.reset();
    onCreated(created.key);
  }
  return (
    <Card title="New key" description="For programs: scripts, servers, other services.">
      <form method="post" onSubmit={create} className="grid items-end gap-4 sm:grid-cols-2">
        <Field label="Name" name="name" required maxLength={100} placeholder="Deploy script" />
        <SelectField label="Scopes" name="scopes" options={me?.admin ? [...scopeOptions, adminOption] : scopeOptions} />
        <SelectField label="Agents" name="agentId" options={agents} />
        <SelectField label="Expires" name="expiryDays" options={expiryOptions} />
        <Button type="submit" busy={busy} className="sm:col-span-2 sm:justify-self-start">
          Create key
        </Button>
      </form>
    </Card>
  );
}
