import { Button } from './button.tsx';

/** Asks for the next page, below a list; `label` says what comes. */
export function More({ label, busy, onClick }: { label: string; busy: boolean; onClick: () => void }) {
  return (
    <div className="mt-4 text-center">
      <Button kind="plain" busy={busy} onClick={onClick}>
        {label}
      </Button>
    </div>
  );
}
