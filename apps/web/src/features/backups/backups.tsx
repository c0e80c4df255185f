'use client';

import type { BackupView } from '@agentbot/contracts';
import { Archive, Download, Lock } from 'lucide-react';
import { useState } from 'react';
import useSWR from 'swr';
import { Button, buttonStyle } from '../../components/ui/button.tsx';
import { Card } from '../../components/ui/card.tsx';
import { Confirm } from '../../components/ui/confirm-button.tsx';
import { Empty } from '../../components/ui/empty-state.tsx';
import { Loading } from '../../components/ui/loading.tsx';
import { Problem } from '../../components/ui/notice.tsx';
import { Ago } from '../../components/ui/relative-time.tsx';
import { addressOf, api, sentenceOf } from '../../lib/api/client.ts';
import { size, timeOf } from '../../lib/format.ts';
import { act, carryOut } from '../../lib/toast/with-toast.ts';
import { Schedule } from './schedule.tsx';

const causes: Record<BackupView['cause'], string> = {
  manual: 'Made by you',
  schedule: 'Made on schedule',
  update: 'Before an update',
  restore: 'Before a restore',
  'reset-memory': 'Before a memory reset',
};

function Row({ id, backup, onChanged }: { id: string; backup: BackupView; onChanged: () => Promise<unknown> }) {
  const params = { id, backupId: backup.id };
  const when = timeOf(backup.createdAt);
  async function restore() {
    const words = { doing: 'Restoring; what it has now is backed up first…', done: 'The agent has its data of then' };
    const begun = await carryOut(api('restoreBackup', { params }), words);
    await onChanged();
    return begun;
  }
  async function remove() {
    const done = await carryOut(api('deleteBackup', { params }), { doing: 'Removing the backup…', done: 'The backup is removed' });
    // With the row goes the question, and the keyboard to the page.
    await onChanged();
    return done;
  }
  return (
    <li className="flex flex-wrap items-center justify-between gap-x-4 gap-y-3 py-3">
      <div className="min-w-0 text-sm">
        <p className="flex items-center gap-1.5 font-medium">
          {causes[backup.cause]}
          {backup.encrypted && <Lock aria-label="encrypted" className="size-3.5 text-muted" />}
        </p>
        <p className="text-muted text-xs">
          <Ago time={backup.createdAt} /> · {size(backup.sizeBytes)}
          {backup.openclawVersion && ` · OpenClaw ${backup.openclawVersion}`}
        </p>
      </div>
      <div className="flex flex-wrap gap-2">
        <a className={buttonStyle({ kind: 'plain', size: 'small' })} href={addressOf('downloadBackup', id, backup.id)} download>
          <Download aria-hidden className="size-4" /> Download
        </a>
        <Confirm
          kind="plain"
          size="small"
          action="Restore"
          title="Restore this backup?"
          about={`The agent gets its data of ${when} back. What it has now is backed up first; if it does not start, that is put back.`}
          confirm="Restore now"
          onConfirm={restore}
        />
        <Confirm
          size="small"
          action="Delete"
          title="Delete this backup?"
          about={`The backup of ${when} is removed for good.`}
          confirm="Delete backup"
          onConfirm={remove}
        />
      </div>
    </li>
  );
}

/** An agent's backups: make, restore, take along, and when they are made by themselves. */
export function Backups({ id }: { id: string }) {
  const { data, error, mutate } = useSWR(['backups', id], () => api('listBackups', { params: { id } }));
  const [busy, setBusy] = useState(false);
  async function make() {
    setBusy(true);
    await act(api('createBackup', { params: { id } }), { doing: 'Making a backup…', done: 'The backup is made' });
    await mutate();
    setBusy(false);
  }
  if (error && !data) return <Problem onRetry={() => mutate()}>{sentenceOf(error)}</Problem>;
  if (!data) return <Loading className="h-28" />;
  return (
    <div className="space-y-4">
      <Card
        title="Backups"
        about="The agent’s whole data: memory, sessions, files. A running agent is halted only while they are read."
        aside={
          <Button busy={busy} onClick={make}>
            Back up now
          </Button>
        }
      >
        {data.backups.length === 0 ? (
          <Empty icon={Archive} title="No backups yet" about="Make one now, or let them be made by themselves below." />
        ) : (
          <ul className="divide-y divide-line">
            {data.backups.map((backup) => (
              <Row key={backup.id} id={id} backup={backup} onChanged={() => mutate()} />
            ))}
          </ul>
        )}
      </Card>
      <Schedule id={id} schedule={data.schedule} onChanged={() => void mutate()} />
    </div>
  );
}
