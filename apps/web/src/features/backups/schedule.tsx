'use client';

import type { BackupSchedule } from '@agentbot/contracts';
import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { type FormEvent, useState } from 'react';
import { Button } from '../../components/ui/button.tsx';
import { Card } from '../../components/ui/card.tsx';
import { Field, SelectField } from '../../components/ui/field.tsx';
import { api } from '../../lib/api/client.ts';
import { formatTime } from '../../lib/format.ts';
import type { Options } from '../../lib/options.ts';
import { withToast } from '../../lib/toast/with-toast.ts';

interface Props {
  id: string;
  schedule: BackupSchedule & { nextAt: string | null };
  onChanged: () => void;
}
const intervals = (): Options => [
  ['', t`Never`],
  ['6', t`Every 6 hours`],
  ['24', t`Every day`],
  ['168', t`Every week`],
];

/** The schedule of automatic backups, and how many are kept for how long. */
export function Schedule({ id, schedule, onChanged }: Props) {
  const [busy, setBusy] = useState(false);
  const current = String(schedule.everyHours ?? '');
  const usual = intervals();
  const options = usual.some(([value]) => value === current) ? usual : [...usual, [current, t`Every ${current} hours`] as const];
  async function save(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    setBusy(true);
    const everyHours = Number(form.get('everyHours')) || null;
    const body = { everyHours, keep: Number(form.get('keep')), keepDays: Number(form.get('keepDays')) };
    await withToast(api('setBackupSchedule', { params: { id }, body }), {
      pending: t`Saving the schedule…`,
      success: t`The schedule is set`,
    });
    onChanged();
    setBusy(false);
  }
  return (
    <Card
      title={t`Automatic backups`}
      description={schedule.nextAt ? t`Next backup: ${formatTime(schedule.nextAt)}` : t`Automatic backups are off.`}
    >
      <form method="post" onSubmit={save} className="grid items-end gap-4 sm:grid-cols-[1fr_1fr_1fr_auto]">
        <SelectField label={t`Back up`} name="everyHours" defaultValue={current} options={options} />
        <Field label={t`Keep the latest (backups)`} name="keep" type="number" min={1} max={100} required defaultValue={schedule.keep} />
        <Field label={t`Delete after (days)`} name="keepDays" type="number" min={1} max={3650} required defaultValue={schedule.keepDays} />
        <Button type="submit" kind="plain" busy={busy}>
          <Trans>Save schedule</Trans>
        </Button>
      </form>
    </Card>
  );
}
