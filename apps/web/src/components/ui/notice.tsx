import { Trans } from '@lingui/react/macro';
import { type ReactNode, useState } from 'react';
import { Button } from './button.tsx';

function Retry({ onRetry }: { onRetry: () => Promise<unknown> }) {
  const [busy, setBusy] = useState(false);
  async function retry() {
    setBusy(true);
    await onRetry();
    setBusy(false);
  }
  return (
    <Button kind="plain" size="small" busy={busy} onClick={retry}>
      <Trans>Try again</Trans>
    </Button>
  );
}

interface Props {
  /** Retries the failed request. Its caller shows the result. */
  onRetry?: (() => Promise<unknown>) | undefined;
  children: ReactNode;
}

/** An error message that screen readers announce, with a retry button if `onRetry` is given. Renders nothing without a message. */
export function Problem({ onRetry, children }: Props) {
  if (!children) return null;
  return (
    <div className="flex flex-wrap items-center justify-between gap-x-4 gap-y-2 rounded-lg border border-danger/40 bg-danger/10 px-3 py-2 text-left text-sm">
      <p role="alert" className="wrap-anywhere min-w-0 text-danger">
        {children}
      </p>
      {onRetry && <Retry onRetry={onRetry} />}
    </div>
  );
}

/** A hint that the user should read before continuing. */
export function Hint({ children }: { children: ReactNode }) {
  return <div className="rounded-lg border border-warn/40 bg-warn/10 px-3 py-2 text-sm">{children}</div>;
}
