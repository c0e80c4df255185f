import useSWR from 'swr';
import { api } from '../api/client.ts';

/** What an agent's pages show; the frame around them hears of its changes. */
export const useAgent = (id: string) =>
  useSWR(['agent', id], () => api('getAgentOverview', { params: { id } }).then(({ agent }) => agent), { revalidateOnFocus: false });
