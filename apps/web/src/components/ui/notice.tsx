import type { ReactNode } from 'react';

/** A sentence about a failure, announced to screen readers. */
export function Problem({ children }: { children: ReactNode }) {
  if (!children) return null;
  return (
    <p role="alert" className="wrap-anywhere rounded-lg border border-danger/40 bg-danger/10 px-3 py-2 text-danger text-sm">
      {children}
    </p>
  );
}

/** Something to know before one goes on. */
export function Hint({ children }: { children: ReactNode }) {
  return <div className="rounded-lg border border-warn/40 bg-warn/10 px-3 py-2 text-sm">{children}</div>;
}
