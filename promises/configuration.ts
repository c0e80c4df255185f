import { readFileSync } from 'node:fs';
import path from 'node:path';
import { parse } from 'yaml';
import { describeSettings as describeBackend } from '../apps/backend/src/config/config.ts';
import { describeSettings as describeWeb } from '../apps/web/src/config.ts';
import { root } from './ledger.ts';

const read = (name: string) => readFileSync(path.join(root, name), 'utf8');

/** A setting of `.env.example`: its section, the comment above it, its value. */
interface Example {
  section: string;
  meaning: string;
  value: string;
}

/** The settings of `.env.example` by name. Settings that follow each other without a comment share the comment above. */
export function readExamples(text = read('.env.example')): Map<string, Example> {
  const examples = new Map<string, Example>();
  let [section, meaning, isOpen] = ['', '', false];
  for (const line of text.split('\n')) {
    const [, title] = /^# ---- (.+) ----$/.exec(line) ?? [];
    const [, name, value = ''] = /^([A-Z][A-Z0-9_]*)=(.*)$/.exec(line) ?? [];
    if (title) section = title;
    else if (name) examples.set(name, { section, meaning, value });
    else if (line.startsWith('# ')) meaning = isOpen ? `${meaning} ${line.slice(2)}` : line.slice(2);
    isOpen = line.startsWith('# ') && !title;
  }
  return examples;
}

interface Compose {
  services: Record<string, { environment?: Record<string, string> }>;
}
const composeText = read('docker-compose.yml');
const { services } = parse(composeText, { merge: true }) as Compose;
/** Each `${NAME…}` of the compose file. `$$` is an escaped dollar sign. */
const interpolated = (text: string) => [...text.matchAll(/(?<!\$)\$\{([A-Z][A-Z0-9_]*)/g)].map(([, name = '']) => name);

/** The settings of each process, as JSON Schema by name. */
export const processes = { backend: describeBackend(), web: describeWeb() };
type Schema = Exclude<(typeof processes)['backend'][string], boolean>;

/** How a setting reaches its process under docker compose. */
export function inCompose(name: string): 'required' | 'passed on' | 'not used' | { fixed: string } {
  if (composeText.includes(`\${${name}:?`)) return 'required';
  if (interpolated(composeText).includes(name)) return 'passed on';
  const { environment = {} } = services[name in processes.web && !(name in processes.backend) ? 'web' : 'backend'] ?? {};
  const value = environment[name];
  return value === undefined ? 'not used' : { fixed: value };
}

/** The values that a schema accepts, in words. */
export function valuesOf({ type, enum: choices, format, minimum, maximum, minLength }: Schema): string {
  if (choices) return choices.map((choice) => `\`${choice}\``).join(', ');
  if (type === 'integer' || type === 'number') {
    if (minimum === undefined) return 'a number';
    return maximum === undefined || maximum >= Number.MAX_SAFE_INTEGER ? `${minimum} or more` : `${minimum} to ${maximum}`;
  }
  if (format === 'uri') return 'URL';
  return minLength === undefined ? 'text' : `at least ${minLength} characters`;
}

const cell = (text: string) => text.replaceAll('|', '\\|').replaceAll('<', '\\<');
const row = (cells: string[]) => `| ${cells.join(' | ')} |`;

function line(name: string, { meaning, value }: Example): string {
  const schema = processes.backend[name] ?? processes.web[name];
  const readers = Object.entries(processes).flatMap(([process, known]) => (name in known ? process : []));
  const use = inCompose(name);
  return row([
    `\`${name}\``,
    cell(meaning),
    typeof schema === 'object' ? valuesOf(schema) : 'text',
    value && `\`${value}\``,
    readers.join(', ') || '–',
    typeof use === 'object' ? `fixed: \`${use.fixed}\`` : use,
  ]);
}

/** docs/operate/configuration.md: every setting with its values, its default and its way to its process. */
export function configurationPage(): string {
  const examples = [...readExamples()];
  const sections = [...new Set(examples.map(([, { section }]) => section))].map((section) => [
    `## ${section}`,
    '',
    row(['setting', 'meaning', 'values', 'default', 'read by', 'in docker compose']),
    row(Array(6).fill('---')),
    ...examples.filter(([, example]) => example.section === section).map(([name, example]) => line(name, example)),
    '',
  ]);
  return [
    '# Configuration',
    '',
    '<!-- Written by `pnpm configuration:docs` from .env.example, docker-compose.yml and the settings of backend and web. -->',
    '',
    'Settings stand in a file `.env` beside `docker-compose.yml`. An empty value counts as not set. A process with a value that it does',
    'not accept does not start, and its log names the variable. A change takes effect with `docker compose up -d`.',
    '',
    'The last column: `required` (no `up` without it), `passed on`, `fixed` (docker-compose.yml decides) or `not used` (for `pnpm dev`, or',
    'for a backend without docker compose).',
    '',
    ...sections.flat(),
  ].join('\n');
}
