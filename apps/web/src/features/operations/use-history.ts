import type { OperationView } from '@agentbot/contracts';
import { readPage } from '../../lib/api/read-page.ts';
import { useOperations } from '../../lib/hooks/use-operations.ts';
import { usePages } from '../../lib/hooks/use-pages.ts';

const newestFirst = (a: OperationView, b: OperationView) => b.createdAt.localeCompare(a.createdAt) || (b.id < a.id ? -1 : 1);

/** All that was done to an agent, a page at a time, newest first; the last operations change as they go on. */
export function useHistory(id: string) {
  const last = useOperations(id);
  const list = usePages(['history of operations', id], (cursor) => readPage('listOperations', cursor, id));
  const read = list.pages?.flatMap(({ operations }) => operations) ?? [];
  // What was begun since the pages were read, and what has changed, is known from the last ones.
  const known = new Map([...read, ...(last.data?.operations ?? [])].map((each) => [each.id, each]));
  return { ...list, last, operations: [...known.values()].sort(newestFirst) };
}
