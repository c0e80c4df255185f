import type { Me } from '@agentbot/contracts';
import useSWR from 'swr';
import { api } from '../api/client.ts';

/**
 * Reads the signed-in account.
 * @param refreshInterval milliseconds until the account is read again, given the current one; 0 for never
 */
export const useMe = (refreshInterval: (me: Me | undefined) => number = () => 0) =>
  useSWR('me', () => api('getMe', {}), { refreshInterval });
