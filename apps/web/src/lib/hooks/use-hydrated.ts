import { useSyncExternalStore } from 'react';

const never = () => () => undefined;

/** Whether React answers yet: a form sent before that would be the browser's own, with its fields in the address. */
export const useHydrated = () =>
  useSyncExternalStore(
    never,
    () => true,
    () => false,
  );
