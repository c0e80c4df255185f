import type { ExternalToast } from 'sonner';
import { backoffMs } from '../backoff.ts';

type Toaster = typeof import('./toaster.tsx');
type Action = (sonner: Toaster['toast']) => void;

/** Sonner with its component is loaded at the first sign of a user: no toast appears before one. */
let toaster: Toaster | undefined;
let loading = false;
let retries = 0;
/** Toasts that wait for sonner, oldest first. */
const waiting: Action[] = [];
const listeners = new Set<() => void>();

/** Loads sonner. While a toast waits, it tries again until it succeeds: the network may be what the toast is about. */
export async function loadToaster(): Promise<void> {
  if (toaster || loading) return;
  loading = true;
  try {
    toaster = await import('./toaster.tsx');
    for (const action of waiting.splice(0)) action(toaster.toast);
    for (const listener of listeners) listener();
  } catch {
    if (waiting.length > 0) setTimeout(loadToaster, backoffMs(retries++));
  } finally {
    loading = false;
  }
}

/** Calls `listener` once sonner is loaded. @returns a function that ends that */
export function onToaster(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** The component that shows the toasts; undefined until it is loaded. */
export const loadedToaster = (): Toaster['default'] | undefined => toaster?.default;

function run(action: Action): void {
  if (toaster) {
    action(toaster.toast);
    return;
  }
  waiting.push(action);
  void loadToaster();
}

let count = 0;

const show =
  (kind: 'loading' | 'success' | 'info' | 'error') =>
  (text: string, options: ExternalToast = {}): string | number => {
    const id = options.id ?? `toast ${++count}`;
    run((sonner) => sonner[kind](text, { ...options, id }));
    return id;
  };

/** Sonner's functions, which may be called before it is loaded. Each returns the id of its toast. */
export const toast = {
  loading: show('loading'),
  success: show('success'),
  info: show('info'),
  error: show('error'),
  dismiss: (id: string | number) => run((sonner) => sonner.dismiss(id)),
};
