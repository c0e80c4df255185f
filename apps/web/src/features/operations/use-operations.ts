import type { OperationView } from '@agentbot/contracts';
import { useEffect } from 'react';
import useSWR from 'swr';
import { addressOf, api } from '../api.ts';

/** An agent's last operations; one that is open changes as it goes on. */
export function useOperations(id: string) {
  const known = useSWR(['operations', id], () => api('listOperations', { params: { id } }), { revalidateOnFocus: false });
  const { mutate } = known;
  const open = known.data?.operations.find(({ finishedAt }) => !finishedAt)?.id;

  useEffect(() => {
    if (!open) return;
    const source = new EventSource(addressOf('streamOperation', id, open));
    source.addEventListener('operation', ({ data }: MessageEvent<string>) => {
      const changed = JSON.parse(data) as OperationView;
      const replace = (list: readonly OperationView[]) => list.map((each) => (each.id === changed.id ? changed : each));
      void mutate((before) => before && { ...before, operations: replace(before.operations) }, { revalidate: false });
      if (changed.finishedAt) source.close();
    });
    return () => source.close();
  }, [id, open, mutate]);
  return known;
}
