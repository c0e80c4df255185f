import { readFileSync } from 'node:fs';
import path from 'node:path';

// Reads the contract as its author wrote it (agents-api.txt, a page saved as text), so that tests compare the system with the
// contract's words and not with tables of the code. The page has lost the borders of its tables: cells stand glued together.

const lines = readFileSync(path.join(import.meta.dirname, 'agents-api.txt'), 'utf8').split('\n');

/** One line of an "Errors" table. */
export interface ErrorLine {
  status: number;
  text: string;
}
/** An operation as the contract documents it; `path` has parameters as `:name`. */
export interface DocumentedOperation {
  method: string;
  path: string;
  errors: ErrorLine[];
  /** JSON examples of answers, with the heading that stands above each. */
  responses: { heading: string; example: unknown }[];
}

const isHeading = (index: number) => lines[index - 1] === '' && lines[index + 1] === '' && /^[A-Z][^.:{]*$/.test(lines[index] ?? '');

/** The JSON that begins at a line, with the number of lines that it takes. */
function jsonAt(index: number): { value: unknown; length: number } | undefined {
  if (lines[index] !== '{' && lines[index] !== '[') return undefined;
  const close = lines[index] === '{' ? '}' : ']';
  const end = lines.findIndex((line, at) => at > index && line === close);
  return { value: JSON.parse(lines.slice(index, end + 1).join('\n')), length: end - index + 1 };
}

/** Every operation of the contract, in its order. One that is documented in several places is one entry. */
export function documentedOperations(): DocumentedOperation[] {
  const found = new Map<string, DocumentedOperation>();
  let current: DocumentedOperation | undefined;
  let heading = '';
  for (let index = 0; index < lines.length; index++) {
    const line = lines[index] ?? '';
    const [, method, address] = /^(GET|POST|PUT|DELETE) (\/\S+)$/.exec(line) ?? [];
    if (method && address) {
      const [pathOnly = ''] = address.split('?');
      const key = `${method} ${pathOnly}`;
      current = found.get(key) ?? { method, path: pathOnly, errors: [], responses: [] };
      found.set(key, current);
      heading = 'Response';
      continue;
    }
    if (isHeading(index)) heading = line;
    if (!current) continue;
    const json = jsonAt(index);
    if (json) {
      if (/^Response|^Full backend response/.test(heading)) current.responses.push({ heading, example: json.value });
      index += json.length - 1;
    }
    const [, status, text = ''] = (heading === 'Errors' && /^([45]\d\d)(.+)$/.exec(line)) || [];
    if (status) current.errors.push({ status: Number(status), text });
  }
  return [...found.values()];
}

/** The lines below a heading, up to the next one. */
function section(title: string): string[] {
  const start = lines.findIndex((line, index) => line === title && isHeading(index));
  if (start < 0) throw new Error(`The contract has no section "${title}"`);
  const end = lines.findIndex((_line, index) => index > start && isHeading(index));
  return lines.slice(start + 1, end).filter(Boolean);
}

/**
 * The settings of a section such as "Telegram channel settings": name to value. A value is what stands between the name and
 * the description, which begins with a capital; `dmPolicy` keeps both of its values.
 */
export function settingsIn(title: string): Record<string, string | number | boolean> {
  const rows = section(title).flatMap((line) => {
    const [, name, value] =
      /^([a-z][\w.*]*?)(true|false|\d[\d.]*|first|partial|allowlist or pairing|allowlist)(?:[A-Z]|allowlist when)/.exec(line) ?? [];
    return name && value ? [[name, /^(true|false|[\d.]+)$/.test(value) ? JSON.parse(value) : value]] : [];
  });
  return Object.fromEntries(rows);
}

/** The tool profile of each plan. */
export function toolProfiles(): Record<string, string> {
  return Object.fromEntries(
    section('Tool profiles').flatMap((line) => {
      const [, plan, profile] = /^(solo|collective|label|network)(messaging|coding)[A-Z]/.exec(line) ?? [];
      return plan ? [[plan, profile ?? '']] : [];
    }),
  );
}

const PROVIDERS = ['openrouter', 'gemini', 'groq', 'anthropic', 'openai', 'minimax'];

/** The rows of a table of providers: what stands between the provider's name and its base URL, and the base URL. */
function providerRows(title: string): { provider: string; models: string; baseUrl: string }[] {
  return section(title).flatMap((line) => {
    const provider = PROVIDERS.find((name) => line.startsWith(name));
    const [, models, baseUrl] = /^(.*?)(https:\/\/\S+)$/.exec(line.slice(provider?.length ?? 0)) ?? [];
    return provider && models && baseUrl ? [{ provider, models, baseUrl }] : [];
  });
}

/** The models inside containers. The contract's first cell and the fallbacks are glued; a fallback begins with its provider. */
export function containerModels(): { provider: string; primary: string; fallbacks: string[]; baseUrl: string }[] {
  return providerRows('Container config models').map(({ provider, models, baseUrl }) => {
    const [, primary = '', fallbacks = ''] = /^(.+?)((?:openrouter|openai)\/.+)$/.exec(models) ?? [];
    return { provider, primary, fallbacks: fallbacks.split(', '), baseUrl };
  });
}

/** The models that the answer of `POST /api/provision` names. */
export function responseModelTable(): { provider: string; model: string; baseUrl: string }[] {
  return providerRows('Provision response metadata models').map(({ provider, models, baseUrl }) => ({ provider, model: models, baseUrl }));
}

/** The numbers of a sentence such as "(label: 1, solo: 3, network: unlimited)" that follows some words. */
export function limitsAfter(words: string): Record<string, number> {
  const text = lines.join(' ');
  const list = text.slice(text.indexOf(words) + words.length).split(').')[0] ?? '';
  const pairs = [...list.matchAll(/(\w+):? (\d+|unlimited)/g)];
  if (!text.includes(words) || pairs.length === 0) throw new Error(`The contract has no limits after "${words}"`);
  return Object.fromEntries(pairs.map(([, name, value]) => [name, value === 'unlimited' ? Number.POSITIVE_INFINITY : Number(value)]));
}

/** Whether a sentence stands in the contract word for word. */
export const isInContract = (sentence: string): boolean => lines.join('\n').includes(sentence);
