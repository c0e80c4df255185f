import fc from 'fast-check';
import { z } from 'zod';

/** As much of JSON Schema as zod writes for the contract's inputs. */
interface Schema {
  type?: string;
  const?: unknown;
  enum?: unknown[];
  anyOf?: Schema[];
  oneOf?: Schema[];
  allOf?: Schema[];
  not?: unknown;
  properties?: Record<string, Schema>;
  required?: string[];
  items?: Schema;
  pattern?: string;
  format?: string;
  minLength?: number;
  maxLength?: number;
  minimum?: number;
  maximum?: number;
  minItems?: number;
  maxItems?: number;
}

/** For patterns that fast-check cannot read: an image's name. */
const words = ['ghcr.io/openclaw/openclaw:2026.3.13'];

function textLike(pattern: string): fc.Arbitrary<string> {
  try {
    return fc.stringMatching(new RegExp(pattern.replace(/\{(\d+),\d{3,}\}/, '{$1,40}')));
  } catch {
    return fc.constantFrom(...words.filter((word) => new RegExp(pattern).test(word)));
  }
}

function textOf({ enum: choices, format, pattern, minLength = 0, maxLength = 40 }: Schema): fc.Arbitrary<unknown> {
  if (choices) return fc.constantFrom(...choices);
  if (format === 'email') return fc.integer({ min: 1 }).map((n) => `someone${n}@example.com`);
  if (format === 'uri') return fc.constantFrom('https://example.com/v1', 'http://127.0.0.1:1/v1');
  if (format === 'date-time') return fc.constant('2999-01-01T00:00:00Z');
  if (pattern && /\\[pP]\{/.test(pattern)) return fc.stringMatching(/^[A-Za-z][A-Za-z ]{0,20}$/);
  const length = { minLength, maxLength: Math.max(minLength, Math.min(maxLength, 40)) };
  if (pattern) return textLike(pattern);
  return fc.string({ ...length, unit: fc.constantFrom(...'abc XYZ012-_.') });
}

function from(schema: Schema): fc.Arbitrary<unknown> {
  if ('not' in schema) return fc.constant(undefined);
  if ('const' in schema) return fc.constant(schema.const);
  const choices = schema.anyOf ?? schema.oneOf;
  if (choices) return fc.oneof(...choices.map(from));
  if (schema.allOf) return from(Object.assign({}, schema, ...schema.allOf, { allOf: undefined }));
  switch (schema.type) {
    case 'object': {
      const fields = Object.entries(schema.properties ?? {}).flatMap(([name, field]) =>
        'not' in field ? [] : [[name, name === 'email' ? from({ type: 'string', format: 'email' }) : from(field)] as const],
      );
      const requiredKeys = fields.map(([name]) => name).filter((name) => schema.required?.includes(name));
      return fc.record(Object.fromEntries(fields), { requiredKeys, noNullPrototype: true });
    }
    case 'array':
      return fc.array(from(schema.items ?? {}), { minLength: schema.minItems ?? 0, maxLength: Math.min(schema.maxItems ?? 3, 3) });
    case 'integer':
      return fc.integer({ min: Math.max(schema.minimum ?? 0, -1e6), max: Math.min(schema.maximum ?? 1e6, 1e6) });
    case 'number':
      return fc.integer({ min: schema.minimum ?? 0, max: schema.maximum ?? 1000 });
    case 'boolean':
      return fc.boolean();
    case 'null':
      return fc.constant(null);
    case 'string':
      return textOf(schema);
    default:
      return schema.enum ? fc.constantFrom(...schema.enum) : fc.constant('anything');
  }
}

/**
 * Values that a schema of the contract accepts.
 * @throws Error for a schema that nothing generated here fits: teach `from` about it
 */
export function arbitraryOf(schema: z.ZodType): fc.Arbitrary<unknown> {
  const described = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as Schema;
  const fitting = fc.sample(from(described), { numRuns: 300, seed: 7 }).filter((value) => schema.safeParse(value).success);
  if (fitting.length === 0) throw new Error(`Nothing generated fits ${JSON.stringify(described)}`);
  return fc.constantFrom(...fitting);
}
