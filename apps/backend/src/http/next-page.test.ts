import { expect, test } from '@jest/globals';
import { nextPage } from './next-page.ts';

const headers = (query: object, next?: string) => {
  const set: [string, string][] = [];
  nextPage((...header) => set.push(header), query as never, next === undefined ? {} : { next });
  return set;
};

// RFC 8288: a relative reference in angle brackets, then `rel`.
test('nextPage links the next page with the filters of this one, without its cursor', () => {
  expect(headers({ limit: 2, cursor: 'old', level: 'warn', before: undefined }, 'new')).toEqual([
    ['Link', '<?limit=2&level=warn&cursor=new>; rel="next"'],
  ]);
  expect(headers({ text: 'a b>&' }, 'n')).toEqual([['Link', '<?text=a+b%3E%26&cursor=n>; rel="next"']]);
});

test('nextPage sets no header on the last page', () => {
  expect(headers({ limit: 2 })).toEqual([]);
});
