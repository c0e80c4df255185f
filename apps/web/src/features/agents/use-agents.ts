import useSWR from 'swr';
import { api } from '../api.ts';

const moving = ['provisioning', 'updating', 'deleting'];

/** The user's agents; asked for often while one of them is in motion. Fails once the session is over. */
export const useAgents = () =>
  useSWR('agents', () => api('listProvisionedAgents', {}), {
    refreshInterval: (latest) => (latest?.agents.some(({ status }) => moving.includes(status)) ? 1_500 : 8_000),
  });

/** What the agent's page shows besides its name; asked for again whenever its status changes. */
export const useAgent = (id: string, status: string) =>
  useSWR(['agent', id, status], () => api('getAgent', { params: { id } }), { keepPreviousData: true });

/** An agent's last operations; asked for every second while one is open. */
export const useOperations = (id: string) =>
  useSWR(['operations', id], () => api('listOperations', { params: { id } }), {
    refreshInterval: (latest) => (latest?.operations.some(({ finishedAt }) => !finishedAt) ? 1_000 : 5_000),
  });
