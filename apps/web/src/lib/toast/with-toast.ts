import { ApiError } from '@agentbot/contracts/client';
import { errorAdvice, errorMessage, isStillRunning } from '../api/errors.ts';
import { signOutIfUnauthorized } from '../session/sign-out.ts';
import { type TrackedOperation, track, untrack } from '../tracked-operations.ts';
import { toast } from './toast.ts';

/** What the toast says while the request runs, and after it succeeded. */
interface ToastText {
  pending: string;
  success: string;
}
type Outcome<T> = { result: T } | 'still running' | 'failed';

/** How long an error stays visible: long enough to read its advice. */
const ERROR_DURATION_MS = 20_000;

async function follow<T>(work: Promise<T>, { pending, success }: ToastText): Promise<Outcome<T>> {
  const id = toast.loading(pending);
  try {
    const result = await work;
    toast.success(success, { id });
    return { result };
  } catch (error) {
    if (signOutIfUnauthorized(error)) {
      toast.dismiss(id);
      return 'failed';
    }
    const show = isStillRunning(error) ? toast.info : toast.error;
    show(errorMessage(error), { id, description: errorAdvice(error), duration: ERROR_DURATION_MS, closeButton: true });
    return isStillRunning(error) ? 'still running' : 'failed';
  }
}

/**
 * Shows a toast while a request runs and when it ends.
 * @returns the response; undefined when the request failed or its operation is still running
 */
export async function withToast<T>(work: Promise<T>, text: ToastText): Promise<T | undefined> {
  const outcome = await follow(work, text);
  return typeof outcome === 'object' ? outcome.result : undefined;
}

/**
 * Like `withToast`, for requests whose response nobody reads.
 * @returns whether the backend accepted the request: its operation is done or still running
 */
export const acceptedWithToast = async (work: Promise<unknown>, text: ToastText): Promise<boolean> =>
  (await follow(work, text)) !== 'failed';

/**
 * Shows a toast for a long operation whose end nobody on the page waits for. A later page tells the end if this one is left
 * before.
 */
export async function followWithToast(work: Promise<unknown>, text: ToastText, operation: Omit<TrackedOperation, 'since'>): Promise<void> {
  const tracked = { ...operation, since: Date.now() };
  track(tracked);
  // A page that is left aborts its requests, and a lost network answers none: a later page then tells the end.
  const isAnswered = work.then(
    () => true,
    (error) => error instanceof ApiError && !isStillRunning(error),
  );
  await follow(work, text);
  if (await isAnswered) untrack(tracked);
}
