import { Button } from './button.tsx';
import { Problem } from './notice.tsx';

interface Props {
  /** The text of the button. */
  label: string;
  busy: boolean;
  /** Why the next page could not be loaded. */
  problem: string | undefined;
  onLoadMore: () => Promise<unknown>;
}

/** The button below a list that loads the next page, or the error of the last attempt. */
export function LoadMore({ label, busy, problem, onLoadMore }: Props) {
  return (
    <div className="mt-4 text-center">
      {problem ? (
        <Problem onRetry={onLoadMore}>{problem}</Problem>
      ) : (
        <Button kind="plain" busy={busy} onClick={onLoadMore}>
          {label}
        </Button>
      )}
    </div>
  );
}
