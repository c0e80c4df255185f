import useSWR from 'swr';
import { api } from '../api/client.ts';

/** Reads the plans and their prices. @param enabled false sends no request */
export const usePlans = (enabled = true) => useSWR(enabled && 'plans', () => api('listPlans', {}), { revalidateOnFocus: false });
