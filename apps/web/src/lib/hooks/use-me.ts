import type { Me } from '@agentbot/contracts';
import useSWR from 'swr';
import { api } from '../api/client.ts';

/** The signed-in account. @param again says, of what is known, after how many milliseconds it is read anew; 0 for never */
export const useMe = (again: (me: Me | undefined) => number = () => 0) => useSWR('me', () => api('getMe', {}), { refreshInterval: again });
