import type { OperationView } from '@agentbot/contracts';
import { useEffect } from 'react';
import useSWR from 'swr';
import { api, urlOf } from '../api/client.ts';
import { openStream } from '../stream/open-stream.ts';

/** Reads an agent's latest operations, and follows the open one over a stream. */
export function useOperations(id: string) {
  const known = useSWR(['operations', id], () => api('listOperations', { params: { id } }), { revalidateOnFocus: false });
  const { mutate } = known;
  const open = known.data?.operations.find(({ finishedAt }) => !finishedAt)?.id;

  useEffect(() => {
    if (!open) return;
    const close = openStream<OperationView>({
      url: urlOf('streamOperation', id, open),
      event: 'operation',
      onFrame(changed) {
        const replace = (list: readonly OperationView[]) => list.map((each) => (each.id === changed.id ? changed : each));
        // `mutate` discards an in-flight read, which may hold a newer operation: read the list again at the end.
        const revalidate = changed.finishedAt !== null;
        void mutate((before) => before && { ...before, operations: replace(before.operations) }, { revalidate });
        if (changed.finishedAt) close();
      },
      onGone: () => void mutate(),
    });
    return close;
  }, [id, open, mutate]);
  return known;
}
