import { t } from '@lingui/core/macro';
import { useEffect } from 'react';

/** Asks the user whether to discard unsaved text. */
export const confirmDiscard = () => window.confirm(t`You have unsaved changes. Discard them?`);

/** While `dirty`, asks the user before a link opens another page, and before the page is closed or reloaded. */
export function useUnsavedWarning(dirty: boolean): void {
  useEffect(() => {
    if (!dirty) return;
    const onUnload = (event: BeforeUnloadEvent) => event.preventDefault();
    const onClick = (event: MouseEvent) => {
      const link = event.target instanceof Element && event.target.closest('a[href]');
      // Next.js does not follow a link whose click is prevented.
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
