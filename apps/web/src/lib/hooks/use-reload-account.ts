import { useSWRConfig } from 'swr';

/** The keys in SWR's cache of what an administrator can change about an account. */
const accountKeys = ['me', 'account', 'plan-request'];

/** Reads the account again after a change. @returns the function to call then */
export function useReloadAccount(): () => void {
  const { mutate } = useSWRConfig();
  return () => {
    for (const key of accountKeys) void mutate(key);
  };
}
