import { Button } from './button.tsx';
import { Problem } from './notice.tsx';

interface Props {
  /** What comes. */
  label: string;
  busy: boolean;
  /** Why it did not come. */
  problem: string | undefined;
  onMore: () => Promise<unknown>;
}

/** Asks for the next page, below a list; where that failed, says so. */
export function LoadMore({ label, busy, problem, onMore }: Props) {
  return (
    <div className="mt-4 text-center">
      {problem ? (
        <Problem onRetry={onMore}>{problem}</Problem>
      ) : (
        <Button kind="plain" busy={busy} onClick={onMore}>
          {label}
        </Button>
      )}
    </div>
  );
}
