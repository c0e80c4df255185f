import { Trans } from '@lingui/react/macro';

/** Placeholder rows while data loads. `className` sets the height of a row, so that the layout does not shift. */
export function Loading({ rows = 3, className = 'h-16' }: { rows?: number; className?: string }) {
  return (
    <div role="status" className="space-y-3">
      <span className="sr-only">
        <Trans>Loading…</Trans>
      </span>
      {Array.from({ length: rows }, (_, index) => (
        <div key={index} className={`motion-safe:animate-pulse rounded-xl bg-hover ${className}`} />
      ))}
    </div>
  );
}
