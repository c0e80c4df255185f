import { useEffect } from 'react';
import { useSWRConfig } from 'swr';
import useSWRInfinite, { unstable_serialize } from 'swr/infinite';
import { sentenceOf } from '../api/client.ts';

/** A long list, a page at a time; whoever comes back to it reads anew what they had seen. @param read gives the page after a cursor */
export function usePages<Page extends { next?: string | null | undefined }>(
  key: readonly unknown[],
  read: (cursor: string | undefined) => Promise<Page>,
) {
  const address = (index: number, before: Page | null) => (index && !before?.next ? null : [...key, before?.next ?? '']);
  const { data, error, size, setSize, mutate, isValidating } = useSWRInfinite(
    address,
    (parts) => read(String(parts.at(-1) ?? '') || undefined),
    { revalidateFirstPage: false, revalidateIfStale: false, revalidateOnFocus: false, keepPreviousData: true },
  );
  // SWR's own way reads the first page alone, or depends on when the page is drawn again, and not on another search.
  const { cache } = useSWRConfig();
  const name = unstable_serialize(address);
  useEffect(() => {
    if (cache.get(name)?.data) void mutate();
  }, [cache, name, mutate]);

  const problem = error ? sentenceOf(error) : undefined;
  // What is shown while another list is on its way must not stand in its place.
  const own = cache.get(name)?.data !== undefined;
  const pages = problem && !own ? undefined : data;
  const more = Boolean(pages?.at(-1)?.next);
  const stuck = problem !== undefined && more && (pages?.length ?? 0) < size;
  return {
    pages,
    /** Why the list is not here, or not as it is now; and the way to read it again. */
    problem: stuck ? undefined : problem,
    reread: () => mutate(),
    more,
    /** Why the next page did not come. */
    moreProblem: stuck ? problem : undefined,
    /** Reads the next page; or the one that failed, once more. */
    showMore: () => setSize(stuck ? size : size + 1),
    busy: isValidating,
  };
}
