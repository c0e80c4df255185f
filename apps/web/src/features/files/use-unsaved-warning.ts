import { useEffect } from 'react';

/** Asks whether unsaved text may be lost. */
export const confirmDiscard = () => window.confirm('You have unsaved changes. Leave without saving them?');

/** While `dirty`, asks before a link is followed, or the page is closed or reloaded. */
export function useUnsavedWarning(dirty: boolean): void {
  useEffect(() => {
    if (!dirty) return;
    const onUnload = (event: BeforeUnloadEvent) => event.preventDefault();
    const onClick = (event: MouseEvent) => {
      const link = event.target instanceof Element && event.target.closest('a[href]');
      // Next.js ignores a click that is prevented.
      if (link && !link.hasAttribute('download') && !confirmDiscard()) event.preventDefault();
    };
    window.addEventListener('beforeunload', onUnload);
    document.addEventListener('click', onClick, true);
    return () => {
      window.removeEventListener('beforeunload', onUnload);
      document.removeEventListener('click', onClick, true);
    };
  }, [dirty]);
}
