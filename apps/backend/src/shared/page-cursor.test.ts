import { expect, test } from '@jest/globals';
import { afterCursor, cursorOf } from './page-cursor.ts';

const row = { createdAt: new Date('2026-11-28T12:00:00.123Z'), id: 'agent_1-x' };

test('afterCursor selects the older rows, and of the same moment those with a smaller id', () => {
  expect(afterCursor(cursorOf(row))).toEqual({
    OR: [{ createdAt: { lt: row.createdAt } }, { createdAt: row.createdAt, id: { lt: 'agent_1-x' } }],
  });
  expect(afterCursor(undefined)).toEqual({});
});

test.each([
  ['text', 'not a cursor'],
  ['no id', Buffer.from('1774000000123.').toString('base64url')],
  ['no time', Buffer.from('.agent_1').toString('base64url')],
  ['a quote in the id', Buffer.from("1774000000123.a'b").toString('base64url')],
  ['a time of 16 digits', Buffer.from('1774000000123000.agent_1').toString('base64url')],
])('afterCursor refuses a cursor with %s', (_case, cursor) => {
  expect(() => afterCursor(cursor)).toThrow(expect.objectContaining({ code: 'INVALID_REQUEST', message: 'Invalid cursor' }));
});
