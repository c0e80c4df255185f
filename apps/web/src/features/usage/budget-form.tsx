'use client';

import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { type FormEvent, type ReactNode, useState } from 'react';
import { Button } from '../../components/ui/button.tsx';
import { Card } from '../../components/ui/card.tsx';
import { Field } from '../../components/ui/field.tsx';
import { useUnsavedWarning } from '../../lib/hooks/use-unsaved-warning.ts';
import { type BudgetValues, priceOf } from './budget-values.ts';

const names = ['dailyUsd', 'monthlyUsd', 'inputUsd', 'outputUsd'] as const;
const amount = { type: 'number', inputMode: 'decimal', min: 0, max: 1_000_000, step: 'any' } as const;

interface Props {
  /** What the budget holds for, and which other budgets hold. */
  description: ReactNode;
  /** What else to know before a field stays empty. */
  note?: string;
  saved: BudgetValues;
  /** Whether the form also has the price of the model. */
  withPrice?: boolean;
  /** @returns whether the values are saved; `saved` has them then */
  onSave: (values: BudgetValues) => Promise<boolean>;
}

/** The form of a budget in dollars per day and month. */
export function BudgetForm({ description, note, saved, withPrice, onSave }: Props) {
  const [draft, setDraft] = useState<BudgetValues>();
  const [problem, setProblem] = useState<string>();
  const [busy, setBusy] = useState(false);
  const values = draft ?? saved;
  const dirty = names.some((name) => values[name] !== saved[name]);
  useUnsavedWarning(dirty);

  async function save(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const isHalf = priceOf(values) === undefined;
    setProblem(isHalf ? t`Give both prices, or none` : undefined);
    if (isHalf) return;
    setBusy(true);
    if (await onSave(values)) setDraft(undefined);
    setBusy(false);
  }
  const field = (name: keyof BudgetValues) => ({
    ...amount,
    name,
    value: values[name],
    readOnly: busy,
    onChange: ({ target }: { target: HTMLInputElement }) => setDraft({ ...values, [name]: target.value }),
  });
  return (
    <Card
      title={t`Budget`}
      description={description}
      aside={<span className="text-muted text-sm">{dirty ? t`Unsaved changes` : t`Saved`}</span>}
    >
      <form method="post" onSubmit={save} className="space-y-4">
        <div className="grid items-start gap-4 sm:grid-cols-2">
          <Field label={t`Daily budget ($)`} hint={t`From midnight to midnight UTC. Empty: no daily budget`} {...field('dailyUsd')} />
          <Field label={t`Monthly budget ($)`} hint={t`A calendar month, UTC. Empty: no monthly budget`} {...field('monthlyUsd')} />
        </div>
        {note && <p className="text-muted text-sm">{note}</p>}
        {withPrice && (
          <fieldset className="border-line border-t pt-4">
            <legend className="sr-only">
              <Trans>Price of the model</Trans>
            </legend>
            <p className="mb-3 text-muted text-sm">
              <Trans>
                The price of the model, for your own endpoint or a model whose price is not known. It replaces the published price. Without
                any price, calls count as free, and under a budget they are refused.
              </Trans>
            </p>
            <div className="grid items-start gap-4 sm:grid-cols-2">
              <Field
                label={t`Input price ($ per million tokens)`}
                hint={t`Empty: the published price`}
                problem={problem}
                {...field('inputUsd')}
              />
              <Field label={t`Output price ($ per million tokens)`} hint={t`Empty: the published price`} {...field('outputUsd')} />
            </div>
          </fieldset>
        )}
        <div className="flex flex-wrap gap-2">
          <Button type="submit" busy={busy} disabled={!dirty}>
            <Trans>Save budget</Trans>
          </Button>
          {dirty && (
            <Button
              kind="plain"
              onClick={() => {
                setDraft(undefined);
                setProblem(undefined);
              }}
            >
              <Trans>Discard changes</Trans>
            </Button>
          )}
        </div>
      </form>
    </Card>
  );
}
