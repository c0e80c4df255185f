'use client';

import type { OperationView } from '@agentbot/contracts';
import { Check, CircleDashed, LoaderCircle, X } from 'lucide-react';
import { useNow } from './use-now.ts';

const names: Record<string, string> = {
  image: 'Image',
  validate: 'Configuration',
  create: 'Container',
  start: 'Start',
  ready: 'Gateway ready',
  stop: 'Stop',
  remove: 'Remove',
  backup: 'Backup',
  clear: 'Clear memory',
  rollback: 'Roll back',
};
const kinds: Record<OperationView['kind'], string> = {
  provision: 'Provisioning',
  start: 'Starting',
  stop: 'Stopping',
  restart: 'Restarting',
  update: 'Updating',
  repair: 'Repairing',
  'reset-memory': 'Resetting memory',
  delete: 'Deleting',
};
const icons = {
  running: <LoaderCircle aria-hidden className="size-4 animate-spin text-warn" />,
  done: <Check aria-hidden className="size-4 text-good" />,
  skipped: <CircleDashed aria-hidden className="size-4 text-muted" />,
  failed: <X aria-hidden className="size-4 text-danger" />,
};

function seconds(step: OperationView['steps'][number], now: number): string {
  const end = step.finishedAt ? Date.parse(step.finishedAt) : now;
  return `${Math.max(0, (end - Date.parse(step.startedAt)) / 1000).toFixed(1)} s`;
}

/** The stages of an operation as they happen, with their times. */
export function Stages({ operation }: { operation: OperationView }) {
  const now = useNow(!operation.finishedAt);
  return (
    <div>
      <p className="text-muted text-sm" aria-live="polite">
        {kinds[operation.kind]} · {operation.state}
      </p>
      <ol className="mt-3 space-y-2">
        {operation.steps.map((step) => (
          <li
            key={step.name}
            data-stage={step.name}
            data-state={step.state}
            className="grid grid-cols-[auto_1fr_auto] items-start gap-x-2.5 text-sm"
          >
            <span className="pt-0.5">{icons[step.state]}</span>
            <span className="min-w-0">
              {names[step.name] ?? step.name}
              <span className="sr-only"> {step.state}</span>
              {step.detail && <span className="block break-words text-muted text-xs">{step.detail}</span>}
            </span>
            <span className="text-muted text-xs tabular-nums">{seconds(step, now)}</span>
          </li>
        ))}
      </ol>
      {operation.error && (
        <p role="alert" className="mt-3 break-words text-danger text-sm">
          {operation.error}
        </p>
      )}
    </div>
  );
}
