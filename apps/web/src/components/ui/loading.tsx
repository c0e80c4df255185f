/** What stands where something is about to be, as high as it will be. */
export function Loading({ rows = 3, className = 'h-16' }: { rows?: number; className?: string }) {
  return (
    <div role="status" className="space-y-3">
      <span className="sr-only">Loading…</span>
      {Array.from({ length: rows }, (_, index) => (
        <div key={index} className={`motion-safe:animate-pulse rounded-xl bg-hover ${className}`} />
      ))}
    </div>
  );
}
