import type { OperationView } from '@agentbot/contracts';
import { readPage } from '../../lib/api/read-page.ts';
import { useOperations } from '../../lib/hooks/use-operations.ts';
import { usePages } from '../../lib/hooks/use-pages.ts';

const newestFirst = (a: OperationView, b: OperationView) => b.createdAt.localeCompare(a.createdAt) || (b.id < a.id ? -1 : 1);

/** An agent's operations page by page, newest first. The latest ones update live. */
export function useHistory(id: string) {
  const last = useOperations(id);
  const list = usePages(['history of operations', id], (cursor) => readPage('listOperations', cursor, { values: [id] }));
  const read = list.pages?.flatMap(({ operations }) => operations) ?? [];
  // The latest operations are newer than the pages: they win.
  const known = new Map([...read, ...(last.data?.operations ?? [])].map((each) => [each.id, each]));
  return { ...list, last, operations: [...known.values()].sort(newestFirst) };
}
