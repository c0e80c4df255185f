import { expect, test } from '@jest/globals';
import { z } from 'zod';
import { readColumn, UnreadableColumnError } from './read-column.ts';

const place = { row: 'agent agent_1', column: 'config' };
const schema = z.object({ name: z.string(), tags: z.array(z.string()).default([]) });

test('readColumn returns the parsed value', () => {
  expect(readColumn(schema, { name: 'a' }, place)).toEqual({ name: 'a', tags: [] });
});

test('readColumn names row, column and fields, and no value', () => {
  const read = () => readColumn(schema, { name: 5, tags: ['a', 'secret', 7] }, place);
  expect(read).toThrow(UnreadableColumnError);
  expect(read).toThrow(
    new Error('The column config of agent agent_1 cannot be read: config.name (invalid_type), config.tags.2 (invalid_type)'),
  );
  expect(() => readColumn(schema, 'secret', place)).toThrow(
    new Error('The column config of agent agent_1 cannot be read: config (invalid_type)'),
  );
});

test('readColumn names five fields at most', () => {
  const fields = ['0', '1', '2', '3', '4'].map((index) => `list.${index} (invalid_type)`);
  expect(() => readColumn(z.array(z.string()), [1, 2, 3, 4, 5, 6], { row: 'r', column: 'list' })).toThrow(
    new Error(`The column list of r cannot be read: ${fields.join(', ')}`),
  );
});
