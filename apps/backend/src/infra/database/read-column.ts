import type { z } from 'zod';

/** Where a JSON value is stored, for the error. */
interface Place {
  /** The row, such as `agent agent_1`. */
  row: string;
  /** The column, by its name in the Prisma schema. */
  column: string;
}

/**
 * Thrown when a JSON column has a shape that this backend does not know. It names the row, the column and the fields, and no
 * value: columns hold what owners configured.
 */
export class UnreadableColumnError extends Error {}

/** Parses a JSON column. @throws UnreadableColumnError */
export function readColumn<S extends z.ZodType>(schema: S, value: unknown, { row, column }: Place): z.output<S> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map(({ path, code }) => `${[column, ...path].join('.')} (${code})`);
  throw new UnreadableColumnError(`The column ${column} of ${row} cannot be read: ${problems.slice(0, 5).join(', ')}`);
}
