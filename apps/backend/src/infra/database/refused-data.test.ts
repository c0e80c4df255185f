import { expect, test } from '@jest/globals';
import { isRefusedData } from './refused-data.ts';

/** An error of Prisma with the SQLSTATE of Postgres. */
const failed = (originalCode?: string) =>
  Object.assign(new Error('query failed'), { meta: { driverAdapterError: { cause: { originalCode } } } });

// Classes of SQLSTATE: https://www.postgresql.org/docs/current/errcodes-appendix.html
test.each([
  ['21000', 'cardinality_violation', true],
  ['22003', 'numeric_value_out_of_range', true],
  ['23505', 'unique_violation', true],
  ['54000', 'program_limit_exceeded', true],
  ['08006', 'connection_failure', false],
  ['40001', 'serialization_failure', false],
  ['42P01', 'undefined_table', false],
  ['53100', 'disk_full', false],
  ['57P01', 'admin_shutdown', false],
])('isRefusedData of %s (%s) is %s', (code, _name, refused) => {
  expect(isRefusedData(failed(code))).toBe(refused);
});

test('isRefusedData is false for an error without a SQLSTATE, and for a value that is no Error', () => {
  const others = [
    failed(),
    new Error('no meta'),
    Object.assign(new Error('other'), { meta: {} }),
    { ...failed('23505') },
    undefined,
    null,
    '23505',
  ];
  expect(others.map(isRefusedData)).toEqual(others.map(() => false));
});
