import { z } from 'zod';

/** A whole number in a query; its error sentences contain the parameter's name. */
export const wholeNumber = (name: string, min: number, max: number) =>
  z.coerce
    .number({ error: `${name} must be a whole number` })
    .int({ error: `${name} must be a whole number` })
    .min(min, { error: `${name} must be at least ${min}` })
    .max(max, { error: `${name} must be at most ${max}` });

/**
 * One page of a list; a request without `limit` and `cursor` gets the whole list. The `Link` header (RFC 8288, `rel="next"`)
 * contains the next page's address, so that the body keeps its shape.
 */
export const pageQuery = z.object({
  limit: wholeNumber('limit', 1, 100).optional(),
  cursor: z
    .string()
    .regex(/^[A-Za-z0-9_-]{1,200}$/, { error: 'Invalid cursor' })
    .optional(),
});
export type Page = z.output<typeof pageQuery>;
