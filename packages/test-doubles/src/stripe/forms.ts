import { invalid } from './refusal.ts';

/** What a parameter may hold. `any` is a parameter that this double knows by name only. */
export type Shape = 'text' | 'integer' | 'boolean' | 'metadata' | 'email' | 'url' | 'any' | readonly string[] | { each: Shape } | Shapes;
interface Shapes {
  readonly fields: Readonly<Record<string, Shape>>;
}
/** A form as a tree: `a[b][0]=c` is `{ a: { b: { 0: 'c' } } }`. */
export interface Form {
  [name: string]: string | Form;
}

/** The parameters of an operation. */
export interface Parameters extends Shapes {
  readonly required?: readonly string[];
}
const unknown = (param: string) => invalid(`Received unknown parameter: ${param}`, 'parameter_unknown', param);

function checkText(shape: Exclude<Shape, 'any' | 'metadata' | { each: Shape } | Shapes>, value: string, name: string): void {
  if (Array.isArray(shape)) {
    const last = shape.at(-1);
    if (!shape.includes(value))
      throw invalid(`Invalid ${name}: must be one of ${shape.slice(0, -1).join(', ')}, or ${last}`, undefined, name);
  } else if (shape === 'integer') {
    if (!/^-?\d+$/.test(value)) throw invalid(`Invalid integer: ${value}`, 'parameter_invalid_integer', name);
  } else if (shape === 'boolean') {
    if (value !== 'true' && value !== 'false') throw invalid(`Invalid boolean: ${value}`, undefined, name);
  } else if (shape === 'email') {
    if (value && !/^[^\s@]+@[^\s@]+\.[^\s@]+$/.test(value)) throw invalid(`Invalid email address: ${value}`, 'email_invalid', name);
  } else if (shape === 'url' && !URL.canParse(value)) throw invalid('Not a valid URL', 'url_invalid', name);
}

/** Stripe's limits. @see https://docs.stripe.com/api/metadata */
function checkMetadata(value: Form, name: string): void {
  if (Object.keys(value).length > 50) throw invalid('Metadata can have at most 50 keys.', undefined, name);
  for (const [key, each] of Object.entries(value)) {
    if (typeof each !== 'string') throw invalid(`Invalid string: ${JSON.stringify(each)}`, undefined, `${name}[${key}]`);
    if (key.length > 40) throw invalid('Metadata keys can have up to 40 characters.', undefined, name);
    if (each.length > 500) throw invalid('Metadata values can have up to 500 characters.', undefined, `${name}[${key}]`);
  }
}

function check(shape: Shape, value: string | Form, name: string): void {
  if (shape === 'any') return;
  const holds = typeof shape === 'object' && !Array.isArray(shape);
  if (typeof value === 'string') {
    if (shape === 'metadata' || holds) {
      if (value) throw invalid(shape === 'metadata' ? 'Invalid hash' : 'Invalid object', undefined, name);
    } else checkText(shape as 'text', value, name);
  } else if (shape === 'metadata') checkMetadata(value, name);
  else if (!holds) throw invalid(`Invalid string: ${JSON.stringify(value)}`, undefined, name);
  else if ('fields' in shape) checkFields(shape as Shapes, value, name);
  else for (const [key, each] of Object.entries(value)) check((shape as { each: Shape }).each, each, `${name}[${key}]`);
}

function checkFields(shape: Shapes, form: Form, prefix?: string): void {
  for (const [key, value] of Object.entries(form)) {
    const name = prefix ? `${prefix}[${key}]` : key;
    const known = Object.hasOwn(shape.fields, key) ? shape.fields[key] : undefined;
    if (!known) throw unknown(name);
    check(known, value, name);
  }
}

/** Checks a request's parameters as Stripe does. @throws Refusal for an unknown, missing or malformed one */
export function checkParameters(parameters: Parameters, form: Form): void {
  checkFields(parameters, form);
  for (const name of parameters.required ?? []) {
    if (!form[name]) throw invalid(`Missing required param: ${name}.`, 'parameter_missing', name);
  }
}

/** Reads a form or a query. */
export function readForm(encoded: URLSearchParams): Form {
  const form: Form = {};
  for (const [name, value] of encoded) {
    const keys = name.split('[').map((key) => key.replace(/\]$/, ''));
    const last = keys.pop() as string;
    let at = form;
    for (const key of keys) {
      const inner = at[key];
      if (typeof inner === 'object') at = inner;
      else {
        const created: Form = {};
        at[key] = created;
        at = created;
      }
    }
    at[last] = value;
  }
  return form;
}
