import fc from 'fast-check';
import { z } from 'zod';

/** The part of JSON Schema that zod writes for the contract's inputs. */
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

/** Samples for patterns that fast-check cannot parse, such as an image's name. */
const samples = ['ghcr.io/openclaw/openclaw:2026.3.13'];

function stringMatching(pattern: string): fc.Arbitrary<string> {
  try {
    return fc.stringMatching(new RegExp(pattern.replace(/\{(\d+),\d{3,}\}/, '{$1,40}')));
  } catch {
    return fc.constantFrom(...samples.filter((sample) => new RegExp(pattern).test(sample)));
  }
}

function stringOf({ enum: choices, format, pattern, minLength = 0, maxLength = 40 }: Schema): fc.Arbitrary<unknown> {
  if (choices) return fc.constantFrom(...choices);
  if (format === 'email') return fc.integer({ min: 1 }).map((n) => `someone${n}@example.com`);
  if (format === 'uri') return fc.constantFrom('https://example.com/v1', 'http://127.0.0.1:1/v1');
  if (format === 'date-time') return fc.constant('2999-01-01T00:00:00Z');
  if (pattern && /\\[pP]\{/.test(pattern)) return fc.stringMatching(/^[A-Za-z][A-Za-z ]{0,20}$/);
  const length = { minLength, maxLength: Math.max(minLength, Math.min(maxLength, 40)) };
  if (pattern) return stringMatching(pattern);
  return fc.string({ ...length, unit: fc.constantFrom(...'abc XYZ012-_.') });
}

function arbitrary(schema: Schema): fc.Arbitrary<unknown> {
  if ('not' in schema) return fc.constant(undefined);
  if ('const' in schema) return fc.constant(schema.const);
  const choices = schema.anyOf ?? schema.oneOf;
  if (choices) return fc.oneof(...choices.map(arbitrary));
  if (schema.allOf) return arbitrary(Object.assign({}, schema, ...schema.allOf, { allOf: undefined }));
  switch (schema.type) {
    case 'object': {
      const fields = Object.entries(schema.properties ?? {}).flatMap(([name, field]) =>
        'not' in field ? [] : [[name, name === 'email' ? arbitrary({ type: 'string', format: 'email' }) : arbitrary(field)] as const],
      );
      const requiredKeys = fields.map(([name]) => name).filter((name) => schema.required?.includes(name));
      return fc.record(Object.fromEntries(fields), { requiredKeys, noNullPrototype: true });
    }
    case 'array':
      return fc.array(arbitrary(schema.items ?? {}), { minLength: schema.minItems ?? 0, maxLength: Math.min(schema.maxItems ?? 3, 3) });
    case 'integer':
      return fc.integer({ min: Math.max(schema.minimum ?? 0, -1e6), max: Math.min(schema.maximum ?? 1e6, 1e6) });
    case 'number':
      return fc.integer({ min: schema.minimum ?? 0, max: schema.maximum ?? 1000 });
    case 'boolean':
      return fc.boolean();
    case 'null':
      return fc.constant(null);
    case 'string':
      return stringOf(schema);
    default:
      return schema.enum ? fc.constantFrom(...schema.enum) : fc.constant('anything');
  }
}

/**
 * Generates values that a schema of the contract accepts.
 * @throws Error when no generated value fits the schema: extend `arbitrary` for it
 */
export function arbitraryOf(schema: z.ZodType): fc.Arbitrary<unknown> {
  const jsonSchema = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as Schema;
  const fitting = fc.sample(arbitrary(jsonSchema), { numRuns: 300, seed: 7 }).filter((value) => schema.safeParse(value).success);
  if (fitting.length === 0) throw new Error(`Nothing generated fits ${JSON.stringify(jsonSchema)}`);
  return fc.constantFrom(...fitting);
}
