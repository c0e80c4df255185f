import type { AgentOverview, Plan } from '@agentbot/contracts';
import { msg, t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { Button } from '../../components/ui/button.tsx';
import { say } from '../../lib/language/texts.ts';
import { planName } from '../../lib/plans.ts';
import { providerName } from '../../lib/providers.ts';

type Difference = AgentOverview['differences'][number];

const names = { provider: msg`Provider`, model: msg`Model`, endpoint: msg`Base URL`, plan: msg`Plan` } as const;

function shown(setting: Difference['setting'], value: string | null): string {
  if (value === null) return t`none`;
  if (setting === 'plan') return planName(value as Plan);
  return setting === 'provider' ? providerName(value) : value;
}

interface Props {
  agent: AgentOverview;
  busy: boolean;
  onApply: () => void;
}

/** The fields in which the saved configuration differs from the one that the container runs with, and the button that applies them. */
export function Unapplied({ agent: { differences }, busy, onApply }: Props) {
  const named = differences.flatMap(({ setting, ...values }) => (setting === 'other' ? [] : [{ setting, ...values }]));
  return (
    <div role="status" className="sticky bottom-2 mt-4 rounded-lg border border-warn/40 bg-surface px-3 py-2 text-sm shadow-lg">
      <div className="flex flex-wrap items-center justify-between gap-3">
        <p className="font-medium">
          <Trans>Saved, not yet active. Apply the changes to recreate the container.</Trans>
        </p>
        <Button size="small" busy={busy} onClick={onApply}>
          <Trans>Apply now</Trans>
        </Button>
      </div>
      {named.length === 0 ? (
        <p className="mt-1 text-muted">
          <Trans>The changes are in keys, channels, owners or allowed domains.</Trans>
        </p>
      ) : (
        <table className="mt-2 w-full text-left">
          <thead className="text-muted text-xs">
            <tr>
              <th className="pr-3 font-normal">
                <Trans>Setting</Trans>
              </th>
              <th className="pr-3 font-normal">
                <Trans>Saved</Trans>
              </th>
              <th className="font-normal">
                <Trans context="configuration">Running</Trans>
              </th>
            </tr>
          </thead>
          <tbody>
            {named.map(({ setting, saved, running }) => (
              <tr key={setting}>
                <th scope="row" className="pr-3 font-normal">
                  {say(names[setting])}
                </th>
                <td className="wrap-anywhere pr-3">{shown(setting, saved)}</td>
                <td className="wrap-anywhere">{shown(setting, running)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </div>
  );
}
