import useSWR from 'swr';
import { api } from '../api/client.ts';

/** Reads an agent as its pages show it. `AgentFrame` revalidates it when the agent changes. */
export const useAgent = (id: string) =>
  useSWR(['agent', id], () => api('getAgentOverview', { params: { id } }).then(({ agent }) => agent), { revalidateOnFocus: false });
