import { useEffect, useSyncExternalStore } from 'react';
import { loadedToaster, loadToaster, onToaster } from './toast.ts';

/** What a user does first: no toast is an answer to anything else. */
const signs = ['pointermove', 'pointerdown', 'keydown'] as const;

/** The component that shows the toasts; undefined until the user has done something, or something has asked for a toast. */
export function useToaster() {
  useEffect(() => {
    for (const sign of signs) window.addEventListener(sign, loadToaster, { once: true, passive: true });
    return () => {
      for (const sign of signs) window.removeEventListener(sign, loadToaster);
    };
  }, []);
  return useSyncExternalStore(onToaster, loadedToaster, () => undefined);
}
