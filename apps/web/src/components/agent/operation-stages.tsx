'use client';

import type { OperationView } from '@agentbot/contracts';
import { Check, CircleDashed, LoaderCircle, X } from 'lucide-react';
import { formatDuration } from '../../lib/elapsed.ts';
import { useNow } from '../../lib/hooks/use-now.ts';
import { operationAdvice, operationName, stageName } from './operation-text.ts';
import { outcomeName } from './outcome-name.ts';

const icons = {
  running: <LoaderCircle aria-hidden className="size-4 animate-spin text-warn" />,
  done: <Check aria-hidden className="size-4 text-good" />,
  skipped: <CircleDashed aria-hidden className="size-4 text-muted" />,
  failed: <X aria-hidden className="size-4 text-danger" />,
};

const elapsed = (from: string, to: string | null, now: number) => formatDuration((to ? Date.parse(to) : now) - Date.parse(from));

/** The stages of an operation with their durations, and advice if one failed. */
export function OperationStages({ operation }: { operation: OperationView }) {
  const now = useNow(!operation.finishedAt);
  const { kind, state, createdAt, finishedAt, steps, error } = operation;
  return (
    <div>
      <p className="flex justify-between gap-4 text-muted text-sm">
        <span aria-live="polite">
          {operationName(kind)} · {outcomeName(state)}
        </span>
        <span className="whitespace-nowrap tabular-nums">{elapsed(createdAt, finishedAt, now)}</span>
      </p>
      <ol className="mt-3 space-y-2">
        {steps.map((step) => (
          <li
            key={step.name}
            data-stage={step.name}
            data-state={step.state}
            className="grid grid-cols-[auto_minmax(0,1fr)_auto] items-start gap-x-2.5 text-sm"
          >
            <span className="pt-0.5">{icons[step.state]}</span>
            <span className="min-w-0">
              {stageName(step.name)}
              <span className="sr-only"> {outcomeName(step.state)}</span>
              {step.detail && <span className="wrap-anywhere block text-muted text-xs">{step.detail}</span>}
            </span>
            <span className="whitespace-nowrap text-muted text-xs tabular-nums">{elapsed(step.startedAt, step.finishedAt, now)}</span>
          </li>
        ))}
      </ol>
      {error && (
        <div role="alert" className="wrap-anywhere mt-3 rounded-lg border border-danger/40 bg-danger/10 px-3 py-2 text-sm">
          <p className="text-danger">{error}</p>
          {state === 'failed' && <p className="mt-1">{operationAdvice(operation)}</p>}
        </div>
      )}
    </div>
  );
}
