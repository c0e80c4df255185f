'use client';

import { useRouter } from 'next/navigation';
import { Dialog } from 'radix-ui';
import { useState } from 'react';
import { useSWRConfig } from 'swr';
import { Button } from '../../components/ui/button.tsx';
import { Field } from '../../components/ui/field.tsx';
import { Problem } from '../../components/ui/notice.tsx';
import { api, sentenceOf } from '../api.ts';

/** Deletion, confirmed by typing the agent's name. */
export function DeleteAgent({ id, name }: { id: string; name: string }) {
  const router = useRouter();
  const { mutate } = useSWRConfig();
  const [typed, setTyped] = useState('');
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState('');

  async function remove() {
    setBusy(true);
    setProblem('');
    try {
      await api('deleteAgent', { params: { id } });
      router.push('/agents');
      await Promise.all([mutate('agents'), mutate('me')]);
    } catch (error) {
      setProblem(sentenceOf(error));
      setBusy(false);
    }
  }

  return (
    <Dialog.Root onOpenChange={() => setTyped('')}>
      <Dialog.Trigger asChild>
        <Button kind="danger">Delete agent</Button>
      </Dialog.Trigger>
      <Dialog.Portal>
        <Dialog.Overlay className="fixed inset-0 bg-black/50" />
        <Dialog.Content className="-translate-x-1/2 -translate-y-1/2 fixed top-1/2 left-1/2 w-[min(26rem,calc(100vw-2rem))] space-y-4 rounded-xl border border-line bg-surface p-5">
          <Dialog.Title className="wrap-anywhere font-semibold text-lg">Delete {name}?</Dialog.Title>
          <Dialog.Description className="text-muted text-sm">
            Its container, its data and its messages are removed for good. Type the agent's name to confirm.
          </Dialog.Description>
          <Field label="Agent name" value={typed} onChange={(event) => setTyped(event.target.value)} autoComplete="off" />
          <Problem>{problem}</Problem>
          <div className="flex justify-end gap-2">
            <Dialog.Close asChild>
              <Button kind="plain">Cancel</Button>
            </Dialog.Close>
            <Button kind="danger" disabled={busy || typed !== name} onClick={remove}>
              {busy ? 'Deleting…' : 'Delete forever'}
            </Button>
          </div>
        </Dialog.Content>
      </Dialog.Portal>
    </Dialog.Root>
  );
}
