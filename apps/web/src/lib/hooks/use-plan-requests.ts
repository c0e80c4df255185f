import useSWR from 'swr';
import { api } from '../api/client.ts';

/** Reads the open requests for a plan. @param refreshMs until they are read again; undefined sends no request */
export const usePlanRequests = (refreshMs: number | undefined) =>
  useSWR(refreshMs !== undefined && 'plan-requests', () => api('listPlanRequests', {}), { refreshInterval: refreshMs ?? 0 });
