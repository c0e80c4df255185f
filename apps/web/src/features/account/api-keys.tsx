'use client';

import type { Scope } from '@agentbot/contracts';
import { KeyRound } from 'lucide-react';
import { type FormEvent, useState } from 'react';
import useSWR from 'swr';
import { Button } from '../../components/ui/button.tsx';
import { Card, PageHead } from '../../components/ui/card.tsx';
import { Confirm } from '../../components/ui/confirm-button.tsx';
import { CopyButton } from '../../components/ui/copy-button.tsx';
import { Empty } from '../../components/ui/empty-state.tsx';
import { Choice, Field } from '../../components/ui/field.tsx';
import { Loading } from '../../components/ui/loading.tsx';
import { Problem } from '../../components/ui/notice.tsx';
import { Ago } from '../../components/ui/relative-time.tsx';
import { api, sentenceOf } from '../../lib/api/client.ts';
import { timeOf } from '../../lib/format.ts';
import { useMe } from '../../lib/hooks/use-me.ts';
import { act, carryOut } from '../../lib/toast/with-toast.ts';

const scopeOptions: [string, string][] = [
  ['agents:read agents:write', 'See and change agents'],
  ['agents:read', 'See agents only'],
];
const adminOption: [string, string] = ['admin:*', 'Administer the installation, see no agents of mine'];
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
    <Card title="Your new key" about="It is shown this once: keep it where only your program reads it." className="border-accent">
      <div className="space-y-3">
        <code className="wrap-anywhere block rounded-lg bg-hover p-3 font-mono text-xs">{secret}</code>
        <code className="wrap-anywhere block rounded-lg bg-hover p-3 font-mono text-xs">{curl}</code>
        <div className="flex flex-wrap gap-2">
          <CopyButton text={secret} label="Copy key" />
          <CopyButton text={curl} label="Copy as curl" />
          <Button kind="quiet" size="small" onClick={onClose}>
            I have kept it
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
    const made = await act(api('createApiKey', { body }), { doing: 'Making a key…', done: 'The key is made' });
    setBusy(false);
    if (!made) return;
    element.reset();
    onMade(made.key);
  }
  return (
    <Card title="New key" about="For programs: scripts, servers, other services.">
      <form method="post" onSubmit={make} className="grid items-end gap-4 sm:grid-cols-2">
        <Field label="Name" name="name" required maxLength={100} placeholder="Deploy script" />
        <Choice label="It may" name="scopes" options={me?.admin ? [...scopeOptions, adminOption] : scopeOptions} />
        <Choice label="On" name="agentId" options={agents} />
        <Choice label="It ends" name="life" options={lives} />
        <Button type="submit" busy={busy} className="sm:col-span-2 sm:justify-self-start">
          Make key
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
    const done = await carryOut(api('deleteApiKey', { params: { id } }), { doing: 'Revoking the key…', done: 'The key is revoked' });
    await mutate();
    return done;
  };
  return (
    <>
      <PageHead title="API keys" about="With a key, a program does what you can do here, as far as its scopes go. Ten at most." />
      <div className="space-y-4">
        {secret && <Shown secret={secret} backendUrl={backendUrl} onClose={() => setSecret(undefined)} />}
        <NewKey
          onMade={(made) => {
            setSecret(made);
            void mutate();
          }}
        />
        {error && !data && <Problem onRetry={() => mutate()}>{sentenceOf(error)}</Problem>}
        {!data && !error && <Loading className="h-20" />}
        {data?.keys.length === 0 && <Empty icon={KeyRound} title="No keys yet" about="Make one above for the first program of yours." />}
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
                        used <Ago time={key.lastUsed} />
                      </>
                    ) : (
                      'never used'
                    )}
                    {key.expiresAt && ` · ends ${timeOf(key.expiresAt)}`}
                  </p>
                </div>
                <Confirm
                  size="small"
                  action="Revoke"
                  title={`Revoke ${key.name}?`}
                  about="Whatever uses it is refused from now on."
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
