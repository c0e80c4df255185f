import type { Form } from './forms.ts';
import { invalid, missing } from './refusal.ts';

const DEFAULT_LIMIT = 10;

/**
 * One page of a list, newest first.
 * @param all the objects, oldest first; a cursor may be an object that no longer matches
 * @see https://docs.stripe.com/api/pagination
 */
export function pageOf<T extends { id: string }>(url: string, kind: string, all: T[], matches: (each: T) => boolean, form: Form) {
  const { starting_after: after, ending_before: before } = form as Record<string, string | undefined>;
  const limit = Number(form.limit ?? DEFAULT_LIMIT);
  const bound = limit < 1 ? 'greater than or equal to 1' : limit > 100 ? 'less than or equal to 100' : undefined;
  if (bound) throw invalid(`This value must be ${bound}.`, 'parameter_invalid_integer', 'limit');
  if (after && before) {
    throw invalid('You can only specify one of these parameters: ending_before, starting_after.', 'parameters_exclusive');
  }
  const newestFirst = all.toReversed();
  const place = (id: string, param: string) => {
    const index = newestFirst.findIndex((each) => each.id === id);
    if (index < 0) throw missing(kind, id, param, 400);
    return index;
  };
  const side = after
    ? newestFirst.slice(place(after, 'starting_after') + 1)
    : before
      ? newestFirst.slice(0, place(before, 'ending_before'))
      : newestFirst;
  const rest = side.filter(matches);
  return {
    object: 'list' as const,
    url,
    has_more: rest.length > limit,
    data: before ? rest.slice(-limit) : rest.slice(0, limit),
  };
}
