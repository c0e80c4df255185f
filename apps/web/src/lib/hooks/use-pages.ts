import { useEffect } from 'react';
import { useSWRConfig } from 'swr';
import useSWRInfinite, { unstable_serialize } from 'swr/infinite';
import { errorMessage } from '../api/errors.ts';

/**
 * Reads a list page by page. A list that is shown again revalidates all pages that were loaded before.
 * @param key of the list in SWR's cache
 * @param read reads the page at a cursor; undefined for the first
 */
export function usePages<Page extends { next?: string | null | undefined }>(
  key: readonly unknown[],
  read: (cursor: string | undefined) => Promise<Page>,
) {
  const pageKey = (index: number, before: Page | null) => (index && !before?.next ? null : [...key, before?.next ?? '']);
  const { data, error, size, setSize, mutate, isValidating } = useSWRInfinite(
    pageKey,
    (parts) => read(String(parts.at(-1) ?? '') || undefined),
    { revalidateFirstPage: false, revalidateIfStale: false, revalidateOnFocus: false, keepPreviousData: true },
  );
  // `revalidateFirstPage` reads the first page only, and `revalidateIfStale` ignores a new search: revalidate here.
  const { cache } = useSWRConfig();
  const listKey = unstable_serialize(pageKey);
  useEffect(() => {
    if (cache.get(listKey)?.data) void mutate();
  }, [cache, listKey, mutate]);

  const problem = error ? errorMessage(error) : undefined;
  // `keepPreviousData` returns the previous search's pages until this one answers: do not show them beside its error.
  const isOwn = cache.get(listKey)?.data !== undefined;
  const pages = problem && !isOwn ? undefined : data;
  const hasMore = Boolean(pages?.at(-1)?.next);
  const nextPageFailed = problem !== undefined && hasMore && (pages?.length ?? 0) < size;
  return {
    pages,
    /** Why the list could not be read. */
    problem: nextPageFailed ? undefined : problem,
    reload: () => mutate(),
    hasMore,
    /** Why the next page could not be read. */
    loadMoreProblem: nextPageFailed ? problem : undefined,
    /** Reads the next page, or retries the page that failed. */
    loadMore: () => setSize(nextPageFailed ? size : size + 1),
    busy: isValidating,
  };
}
