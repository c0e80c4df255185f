'use client';

import type { InstallationHealth, SetupPart, SetupTest } from '@agentbot/contracts';
import { msg, t } from '@lingui/core/macro';
import { CircleAlert, CircleCheck, CircleX } from 'lucide-react';
import Link from 'next/link';
import { type ReactNode, useState } from 'react';
import useSWR from 'swr';
import { Button } from '../../components/ui/button.tsx';
import { Card } from '../../components/ui/card.tsx';
import { Loading } from '../../components/ui/loading.tsx';
import { Problem } from '../../components/ui/notice.tsx';
import { api } from '../../lib/api/client.ts';
import { errorMessage } from '../../lib/api/errors.ts';
import { say } from '../../lib/language/texts.ts';
import { signOutIfUnauthorized } from '../../lib/session/sign-out.ts';
import { type SetupItem, setupItems } from './setup-items.ts';

const looks = {
  done: { icon: CircleCheck, colour: 'text-good', name: msg`Done` },
  optional: { icon: CircleAlert, colour: 'text-warn', name: msg`Not set up` },
  problem: { icon: CircleX, colour: 'text-danger', name: msg`Problem` },
};

/** A button that tries a part, with the result. */
function TestButton({ part, action }: { part: SetupPart; action: string }) {
  const [busy, setBusy] = useState(false);
  const [result, setResult] = useState<SetupTest | Error>();
  async function run() {
    setBusy(true);
    setResult(undefined);
    const answer = await api('testSetup', { params: { part } }).catch((error) => {
      signOutIfUnauthorized(error);
      return new Error(errorMessage(error));
    });
    setResult(answer);
    setBusy(false);
  }
  const error = result instanceof Error ? result.message : result?.error;
  return (
    <div className="mt-2 flex flex-wrap items-center gap-x-3 gap-y-1">
      <Button kind="plain" size="small" busy={busy} onClick={run}>
        {action}
      </Button>
      <p role="status" className={`wrap-anywhere min-w-0 text-xs ${error ? 'text-danger' : 'text-good'}`}>
        {result && (error ?? t`The test passed in ${{ duration: result instanceof Error ? 0 : result.ms }} ms.`)}
      </p>
    </div>
  );
}

function Item({ item, children }: { item: SetupItem; children?: ReactNode }) {
  const { icon: Icon, colour, name } = looks[item.state];
  return (
    <li className="flex gap-3 py-3">
      <Icon aria-hidden className={`mt-0.5 size-5 shrink-0 ${colour}`} />
      <div className="min-w-0 flex-1 text-sm">
        <p className="font-medium">
          {item.title}
          <span className="sr-only">: {say(name)}</span>
        </p>
        <p className="wrap-anywhere text-muted">{item.text}</p>
        {children}
      </div>
    </li>
  );
}

function Items({ health }: { health: InstallationHealth }) {
  return (
    <ol aria-label={t`Setup`} className="-my-1 divide-y divide-line">
      {setupItems(health).map((item) => (
        <Item key={item.title} item={item}>
          {item.link && (
            <Link href={item.link.href} className="mt-1 inline-block text-accent underline">
              {item.link.name}
            </Link>
          )}
          {item.test && <TestButton part={item.test.part} action={item.test.action} />}
        </Item>
      ))}
    </ol>
  );
}

/** What an administrator sets up on a new installation, with the state of each part. */
export function SetupChecklist() {
  const { data, error, mutate } = useSWR('admin-health', () => api('getInstallationHealth', {}));
  return (
    <Card title={t`Set up this installation`} description={t`Only administrators see this. Each state comes from the system as it runs.`}>
      {error && !data && <Problem onRetry={() => mutate()}>{errorMessage(error)}</Problem>}
      {!data && !error && <Loading rows={6} className="h-12" />}
      {data && <Items health={data.health} />}
    </Card>
  );
}
