import useSWRInfinite from 'swr/infinite';
import { sentenceOf } from './api.ts';

/** A long list, a page at a time. @param read gives the page after a cursor */
export function usePages<Page extends { next: string | null | undefined }>(
  key: readonly unknown[],
  read: (cursor: string | undefined) => Promise<Page>,
) {
  const { data, error, size, setSize, mutate, isValidating } = useSWRInfinite(
    (index, before: Page | null) => (index && !before?.next ? null : [...key, before?.next ?? '']),
    (parts) => read(String(parts.at(-1) ?? '') || undefined),
    { revalidateFirstPage: false, revalidateOnFocus: false, keepPreviousData: true },
  );
  return {
    pages: data,
    problem: error ? sentenceOf(error) : undefined,
    more: Boolean(data?.at(-1)?.next),
    /** Reads the next page; or the one that failed, once more. */
    showMore: () => setSize(error ? size : size + 1),
    busy: isValidating,
    mutate,
  };
}
