'use client';

import type { Scope } from '@agentbot/contracts';
import { KeyRound } from 'lucide-react';
import { type FormEvent, useState } from 'react';
import useSWR from 'swr';
import { Button } from '../../components/ui/button.tsx';
import { Card, PageHeader } from '../../components/ui/card.tsx';
import { ConfirmButton } from '../../components/ui/confirm-button.tsx';
import { CopyButton } from '../../components/ui/copy-button.tsx';
import { EmptyState } from '../../components/ui/empty-state.tsx';
import { Field, SelectField } from '../../components/ui/field.tsx';
import { Loading } from '../../components/ui/loading.tsx';
import { Problem } from '../../components/ui/notice.tsx';
import { RelativeTime } from '../../components/ui/relative-time.tsx';
import { api } from '../../lib/api/client.ts';
import { errorMessage } from '../../lib/api/errors.ts';
import { formatTime } from '../../lib/format.ts';
import { useMe } from '../../lib/hooks/use-me.ts';
import { acceptedWithToast, withToast } from '../../lib/toast/with-toast.ts';

const scopeOptions: [string, string][] = [
  ['agents:read agents:write', 'Read and change agents'],
  ['agents:read', 'Read agents'],
];
const adminOption: [string, string] = ['admin:*', 'Administer the installation, without access to agents'];
const lives: [string, string][] = [
  ['', 'Never'],
  ['30', 'In 30 days'],
  ['90', 'In 90 days'],
  ['365', 'In a year'],
];

/** A key just made, which is shown this once. */
function Shown({ secret, backendUrl, onClose }: { secret: string; backendUrl: string; onClose: () => void }) {
  const curl = `curl -H 'Authorization: Bearer ${secret}' ${backendUrl}/api/agents`;
  return (
    <Card
      title="Your new key"
      description="The key is shown only once. Store it where only your program can read it."
      className="border-accent"
    >
      <div className="space-y-3">
        <code className="wrap-anywhere block rounded-lg bg-hover p-3 font-mono text-xs">{secret}</code>
        <code className="wrap-anywhere block rounded-lg bg-hover p-3 font-mono text-xs">{curl}</code>
        <div className="flex flex-wrap gap-2">
          <CopyButton text={secret} label="Copy key" />
          <CopyButton text={curl} label="Copy as curl" />
          <Button kind="quiet" size="small" onClick={onClose}>
            I have stored it
          </Button>
        </div>
      </div>
    </Card>
  );
}

function NewKey({ onMade }: { onMade: (secret: string) => void }) {
  const { data: known } = useSWR('overview', () => api('listOverview', {}), { revalidateOnFocus: false });
  const { data: me } = useMe();
  const [busy, setBusy] = useState(false);
  const agents = [['', 'All my agents'] as const, ...(known?.agents.map(({ id, name }) => [id, name] as const) ?? [])];
  async function make(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const element = event.currentTarget;
    const form = new FormData(element);
    const text = (name: string) => String(form.get(name) ?? '');
    const days = Number(text('life'));
    setBusy(true);
    const body = {
      name: text('name'),
      scopes: text('scopes').split(' ') as Scope[],
      ...(text('agentId') && { agentId: text('agentId') }),
      ...(days && { expiresAt: new Date(Date.now() + days * 86_400_000).toISOString() }),
    };
    const made = await withToast(api('createApiKey', { body }), { pending: 'Creating a key…', success: 'The key is created' });
    setBusy(false);
    if (!made) return;
    element.reset();
    onMade(made.key);
  }
  return (
    <Card title="New key" description="For programs: scripts, servers, other services.">
      <form method="post" onSubmit={make} className="grid items-end gap-4 sm:grid-cols-2">
        <Field label="Name" name="name" required maxLength={100} placeholder="Deploy script" />
        <SelectField label="Scopes" name="scopes" options={me?.admin ? [...scopeOptions, adminOption] : scopeOptions} />
        <SelectField label="Agents" name="agentId" options={agents} />
        <SelectField label="Expires" name="life" options={lives} />
        <Button type="submit" busy={busy} className="sm:col-span-2 sm:justify-self-start">
          Create key
        </Button>
      </form>
    </Card>
  );
}

/** The account's API keys. @param backendUrl where programs reach the backend */
export function ApiKeys({ backendUrl }: { backendUrl: string }) {
  const { data, error, mutate } = useSWR('keys', () => api('listApiKeys', {}));
  const [secret, setSecret] = useState<string>();
  const revoke = (id: string) => async () => {
    const done = await acceptedWithToast(api('deleteApiKey', { params: { id } }), {
      pending: 'Revoking the key…',
      success: 'The key is revoked',
    });
    await mutate();
    return done;
  };
  return (
    <>
      <PageHeader
        title="API keys"
        description="A key lets a program do what you can do here, within its scopes. You can have up to 10 keys."
      />
      <div className="space-y-4">
        {secret && <Shown secret={secret} backendUrl={backendUrl} onClose={() => setSecret(undefined)} />}
        <NewKey
          onMade={(made) => {
            setSecret(made);
            void mutate();
          }}
        />
        {error && !data && <Problem onRetry={() => mutate()}>{errorMessage(error)}</Problem>}
        {!data && !error && <Loading className="h-20" />}
        {data?.keys.length === 0 && (
          <EmptyState icon={KeyRound} title="No keys yet" description="Create a key above for your first program." />
        )}
        {data && data.keys.length > 0 && (
          <ul className="divide-y divide-line rounded-xl border border-line bg-surface" aria-label="API keys">
            {data.keys.map((key) => (
              <li key={key.id} className="flex flex-wrap items-center justify-between gap-3 px-4 py-3 text-sm">
                <div className="min-w-0">
                  <p className="wrap-anywhere font-medium">{key.name}</p>
                  <p className="wrap-anywhere text-muted text-xs">
                    <code className="font-mono">{key.keyPreview}</code> · {key.scopes.join(', ')} · {key.agentId ?? 'all agents'}
                  </p>
                  <p className="text-muted text-xs">
                    {key.lastUsed ? (
                      <>
                        used <RelativeTime time={key.lastUsed} />
                      </>
                    ) : (
                      'never used'
                    )}
                    {key.expiresAt && ` · expires ${formatTime(key.expiresAt)}`}
                  </p>
                </div>
                <ConfirmButton
                  size="small"
                  action="Revoke"
                  title={`Revoke ${key.name}?`}
                  description="Programs that use this key are refused from now on."
                  confirm="Revoke key"
                  onConfirm={revoke(key.id)}
                />
              </li>
            ))}
          </ul>
        )}
      </div>
    </>
  );
}
