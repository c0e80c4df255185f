import type { ModelTestResult } from '@agentbot/contracts';
import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { CircleCheck } from 'lucide-react';
import { useEffect, useRef, useState } from 'react';
import { errorMessage } from '../../lib/api/errors.ts';
import { formatNumber } from '../../lib/format.ts';
import { Button } from '../ui/button.tsx';
import { Problem } from '../ui/notice.tsx';

interface Props {
  /** Calls the model. @param form the form around the button, if there is one */
  run: (form: HTMLFormElement | null) => Promise<ModelTestResult>;
  /** Whether `run` can be called yet. */
  disabled?: boolean;
}

/** A button that calls a model once, with the result. A change of the form around it removes the result. */
export function ModelTest({ run, disabled }: Props) {
  const row = useRef<HTMLDivElement>(null);
  const [busy, setBusy] = useState(false);
  const [passed, setPassed] = useState<string>();
  const [problem, setProblem] = useState<string>();
  // The number of changes of the form: a result of former values is not shown.
  const changes = useRef(0);
  useEffect(() => {
    const form = row.current?.closest('form');
    function onChange() {
      changes.current++;
      setPassed(undefined);
      setProblem(undefined);
    }
    form?.addEventListener('input', onChange);
    return () => form?.removeEventListener('input', onChange);
  }, []);
  async function test() {
    const before = changes.current;
    setBusy(true);
    setPassed(undefined);
    setProblem(undefined);
    try {
      const { ok, model, ms, error } = await run(row.current?.closest('form') ?? null);
      if (changes.current !== before) return;
      if (ok) setPassed(t`${model} answered in ${{ duration: formatNumber(ms) }} ms`);
      else setProblem(error?.message ?? t`The model gave no answer`);
    } catch (error) {
      if (changes.current === before) setProblem(errorMessage(error));
    } finally {
      setBusy(false);
    }
  }
  return (
    <div className="space-y-3">
      <div ref={row} className="flex min-h-10 flex-wrap items-center gap-3 text-sm">
        <Button kind="plain" busy={busy} disabled={disabled} onClick={test}>
          <Trans>Test the model</Trans>
        </Button>
        <span role="status">
          {passed && (
            <span className="flex items-center gap-1.5 text-good">
              <CircleCheck aria-hidden className="size-4 shrink-0" /> <span className="wrap-anywhere">{passed}</span>
            </span>
          )}
        </span>
      </div>
      <Problem>{problem}</Problem>
    </div>
  );
}
