import { type OperationView, routes } from '@agentbot/contracts';
import { useEffect } from 'react';
import useSWR, { useSWRConfig } from 'swr';
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

/** An agent's last operations; one that is open changes as it goes on. */
export function useOperations(id: string) {
  const known = useSWR(['operations', id], () => api('listOperations', { params: { id } }), { refreshInterval: 5_000 });
  const { mutate: mutateAll } = useSWRConfig();
  const { mutate } = known;
  const open = known.data?.operations.find(({ finishedAt }) => !finishedAt)?.id;

  useEffect(() => {
    if (!open) return;
    const source = new EventSource(routes.streamOperation.web.path.replace(':id', id).replace(':operationId', open));
    source.addEventListener('operation', ({ data }: MessageEvent<string>) => {
      const changed = JSON.parse(data) as OperationView;
      const replace = (list: readonly OperationView[]) => list.map((each) => (each.id === changed.id ? changed : each));
      void mutate((before) => before && { ...before, operations: replace(before.operations) }, { revalidate: false });
      if (!changed.finishedAt) return;
      source.close();
      void mutateAll('agents');
    });
    return () => source.close();
  }, [id, open, mutate, mutateAll]);
  return known;
}
