import type { OperationView } from '@agentbot/contracts';
import { useEffect } from 'react';
import useSWR from 'swr';
import { addressOf, api } from '../api/client.ts';
import { openStream } from '../stream/open-stream.ts';

/** An agent's last operations; one that is open changes as it goes on. */
export function useOperations(id: string) {
  const known = useSWR(['operations', id], () => api('listOperations', { params: { id } }), { revalidateOnFocus: false });
  const { mutate } = known;
  const open = known.data?.operations.find(({ finishedAt }) => !finishedAt)?.id;

  useEffect(() => {
    if (!open) return;
    const close = openStream<OperationView>({
      address: addressOf('streamOperation', id, open),
      event: 'operation',
      onFrame(changed) {
        const replace = (list: readonly OperationView[]) => list.map((each) => (each.id === changed.id ? changed : each));
        // A reading of the list that was under way is given up for this; what may have begun since is read at the end.
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
