import { stateName } from './state-name.ts';

const colours: Record<string, string> = {
  running: 'text-good border-good/40 bg-good/10',
  error: 'text-danger border-danger/40 bg-danger/10',
  stopped: 'text-muted border-line',
  pending: 'text-muted border-line',
};

/** An agent's status with its colour. */
export function StatusBadge({ status }: { status: string }) {
  const colour = colours[status] ?? 'text-warn border-warn/40 bg-warn/10';
  return (
    <span
      data-testid="agent-status"
      className={`inline-block whitespace-nowrap rounded-full border px-2.5 py-0.5 font-medium text-xs ${colour}`}
    >
      {stateName(status)}
    </span>
  );
}
