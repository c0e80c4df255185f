'use client';

import type { BackupView } from '@agentbot/contracts';
import type { MessageDescriptor } from '@lingui/core';
import { msg, t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { Archive, Download, Lock } from 'lucide-react';
import { useState } from 'react';
import useSWR from 'swr';
import { Button } from '../../components/ui/button.tsx';
import { buttonStyle } from '../../components/ui/button-style.ts';
import { Card } from '../../components/ui/card.tsx';
import { ConfirmButton } from '../../components/ui/confirm-button.tsx';
import { EmptyState } from '../../components/ui/empty-state.tsx';
import { Loading } from '../../components/ui/loading.tsx';
import { Problem } from '../../components/ui/notice.tsx';
import { RelativeTime } from '../../components/ui/relative-time.tsx';
import { api, urlOf } from '../../lib/api/client.ts';
import { errorMessage } from '../../lib/api/errors.ts';
import { formatBytes, formatTime } from '../../lib/format.ts';
import { useAgent } from '../../lib/hooks/use-agent.ts';
import { say } from '../../lib/language/texts.ts';
import { acceptedWithToast, followWithToast, withToast } from '../../lib/toast/with-toast.ts';
import { Schedule } from './schedule.tsx';

const causes: Record<BackupView['cause'], MessageDescriptor> = {
  manual: msg`Manual backup`,
  schedule: msg`Automatic backup`,
  update: msg`Before an update`,
  restore: msg`Before a restore`,
  move: msg`Before a move to another node`,
  'reset-memory': msg`Before a memory reset`,
  installation: msg`With the installation`,
};

interface RowProps {
  id: string;
  backup: BackupView;
  /** The agent's name. */
  name: string;
  /** The agent's present image. */
  image: string | null | undefined;
  onChanged: () => Promise<unknown>;
}

function BackupRow({ id, name, backup, image, onChanged }: RowProps) {
  const params = { id, backupId: backup.id };
  const when = formatTime(backup.createdAt);
  const restoreWith = (body: { withImage?: boolean }) => async () => {
    const text = { pending: t`Restoring ${name}. The current data is backed up first…`, success: t`Backup restored` };
    const restoring = api('restoreBackup', { params, body });
    void followWithToast(restoring, text, { agentId: id, agentName: name, kind: 'restore' }).then(onChanged);
    // The toast shows the progress, so the dialog can close.
    return true;
  };
  async function remove() {
    const accepted = await acceptedWithToast(api('deleteBackup', { params }), {
      pending: t`Deleting the backup…`,
      success: t`The backup is deleted`,
    });
    // The row and its dialog unmount; the focus moves to the page.
    await onChanged();
    return accepted;
  }
  return (
    <li className="flex flex-wrap items-center justify-between gap-x-4 gap-y-3 py-3">
      <div className="min-w-0 text-sm">
        <p className="flex items-center gap-1.5 font-medium">
          {say(causes[backup.cause])}
          {backup.encrypted && <Lock aria-label={t`encrypted`} className="size-3.5 text-muted" />}
        </p>
        <p className="text-muted text-xs">
          <RelativeTime time={backup.createdAt} /> · {formatBytes(backup.sizeBytes)}
          {backup.openclawVersion && ` · OpenClaw ${backup.openclawVersion}`}
        </p>
      </div>
      <div className="flex flex-wrap gap-2">
        <a className={buttonStyle({ kind: 'plain', size: 'small' })} href={urlOf('downloadBackup', id, backup.id)} download>
          <Download aria-hidden className="size-4" /> <Trans>Download</Trans>
        </a>
        <ConfirmButton
          kind="plain"
          size="small"
          action={t`Restore`}
          title={t`Restore this backup?`}
          description={t`The agent’s data returns to ${when}. Its current data is backed up first, and restored if the agent does not start.`}
          confirm={t`Restore now`}
          onConfirm={restoreWith({})}
        />
        {image && backup.image && image !== backup.image && (
          <ConfirmButton
            kind="plain"
            size="small"
            action={backup.openclawVersion ? t`Restore with OpenClaw ${backup.openclawVersion}` : t`Restore with its image`}
            title={t`Restore this backup and its OpenClaw?`}
            description={t`The agent’s data returns to ${when}, and the agent runs ${backup.image} again. Its current data is backed up first, and restored if the agent does not start.`}
            confirm={t`Restore both now`}
            onConfirm={restoreWith({ withImage: true })}
          />
        )}
        <ConfirmButton
          size="small"
          action={t`Delete`}
          title={t`Delete this backup?`}
          description={t`The backup of ${when} is deleted permanently.`}
          confirm={t`Delete backup`}
          onConfirm={remove}
        />
      </div>
    </li>
  );
}

/** An agent's backups, and the schedule of automatic ones. */
export function Backups({ id }: { id: string }) {
  const { data, error, mutate } = useSWR(['backups', id], () => api('listBackups', { params: { id } }));
  const { data: agent } = useAgent(id);
  const [busy, setBusy] = useState(false);
  async function create() {
    setBusy(true);
    await withToast(api('createBackup', { params: { id } }), { pending: t`Creating a backup…`, success: t`The backup is complete` });
    await mutate();
    setBusy(false);
  }
  if (error && !data) return <Problem onRetry={() => mutate()}>{errorMessage(error)}</Problem>;
  if (!data) return <Loading className="h-28" />;
  return (
    <div className="space-y-4">
      <Card
        title={t`Backups`}
        description={t`All data of the agent: memory, sessions, files. A running agent is paused while its data is read.`}
        aside={
          <Button busy={busy} onClick={create}>
            <Trans>Back up now</Trans>
          </Button>
        }
      >
        {data.backups.length === 0 ? (
          <EmptyState icon={Archive} title={t`No backups yet`} description={t`Create one now, or turn on automatic backups below.`} />
        ) : (
          <ul className="divide-y divide-line">
            {data.backups.map((backup) => (
              <BackupRow key={backup.id} id={id} name={agent?.name ?? id} backup={backup} image={agent?.image} onChanged={() => mutate()} />
            ))}
          </ul>
        )}
      </Card>
      <Schedule id={id} schedule={data.schedule} onChanged={() => void mutate()} />
    </div>
  );
}
