'use client';

import { CircleCheck } from 'lucide-react';
import { useState } from 'react';
import { Button } from '../../components/ui/button.tsx';
import { Card } from '../../components/ui/card.tsx';
import { Problem } from '../../components/ui/notice.tsx';
import { api } from '../../lib/api/client.ts';
import { errorMessage } from '../../lib/api/errors.ts';
import { formatNumber } from '../../lib/format.ts';

/** A button that calls the agent's saved model once, with the result. */
export function TestModel({ id }: { id: string }) {
  const [busy, setBusy] = useState(false);
  const [passed, setPassed] = useState<string>();
  const [problem, setProblem] = useState<string>();
  async function run() {
    setBusy(true);
    setPassed(undefined);
    setProblem(undefined);
    try {
      const { ok, model, ms, error } = await api('testModel', { params: { id } });
      if (ok) setPassed(`${model} answered in ${formatNumber(ms)} ms`);
      else setProblem(error?.message ?? 'The model gave no answer');
    } catch (error) {
      setProblem(errorMessage(error));
    }
    setBusy(false);
  }
  return (
    <Card
      title="Test the model"
      description="Calls the saved model once with the saved key, for a reply of a few tokens. The call counts as usage."
    >
      <div className="space-y-3">
        <div className="flex min-h-10 flex-wrap items-center gap-3 text-sm">
          <Button kind="plain" busy={busy} onClick={run}>
            Test the model
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
    </Card>
  );
}
