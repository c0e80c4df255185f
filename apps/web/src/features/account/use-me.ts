import useSWR from 'swr';
import { api } from '../api.ts';

/** The signed-in account. */
export const useMe = () => useSWR('me', () => api('getMe', {}));
