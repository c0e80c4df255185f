import useSWR from 'swr';
import { api } from '../../lib/api/client.ts';
import { useOperations } from '../../lib/hooks/use-operations.ts';

/** An agent's last update. Read separately if it is not among the latest operations. */
export function useLastUpdate(id: string) {
  const last = useOperations(id);
  const recent = last.data?.operations.find(({ kind }) => kind === 'update');
  const earlier = useSWR(last.data && !recent ? ['last update', id] : null, () =>
    api('listOperations', { params: { id }, query: { kind: 'update', limit: 1 } }),
  );
  return {
    known: recent !== undefined || earlier.data !== undefined,
    update: recent ?? earlier.data?.operations[0],
    error: last.error ?? earlier.error,
    retry: () => Promise.all([last.mutate(), earlier.mutate()]),
  };
}
