import { globSync, readFileSync } from 'node:fs';
import path from 'node:path';

export const root = path.join(import.meta.dirname, '..');

/** Every document whose sentences are listed. The glossary defines words; the documents that use them make the promises. */
export const documents = [
  ...['README.md', 'ARCHITECTURE.md', 'SECURITY.md', 'CONTRIBUTING.md'],
  ...globSync('docs/**/*.md', { cwd: root })
    .filter((file) => !/(glossary|adr\/(README|template))\.md$/.test(file))
    .sort(),
  ...['docs/agentbot-firewall.sh', '.env.example', 'docker-compose.yml'],
];

/** The list of a document's sentences. */
export const listOf = (document: string) => path.join(import.meta.dirname, 'documents', `${document.replace(/^\./, '')}.txt`);

/** What fails when a promise is broken: a test by its name, or a rule of a tool by its text. */
export interface Proof {
  file: string;
  name: string;
}

export interface Entry {
  sentence: string;
  /** `+` a promise with its tests, `?` a promise that cannot be tested here, `-` a sentence without a promise. */
  mark: '+' | '?' | '-';
  proofs: Proof[];
  /** Why it cannot be tried here. */
  reason: string;
}

/** Reads a document's list: each sentence after its mark, and below it, indented, its proofs or its reason. */
export function readList(document: string): Entry[] {
  const entries: Entry[] = [];
  for (const line of readFileSync(listOf(document), 'utf8').split('\n')) {
    const [, mark, sentence] = /^([-+?]) (.*)$/.exec(line) ?? [];
    const [, detail] = /^ {4}(.*)$/.exec(line) ?? [];
    const last = entries.at(-1);
    if (mark && sentence) entries.push({ sentence, mark: mark as Entry['mark'], proofs: [], reason: '' });
    else if (detail && last?.mark === '?') last.reason += detail;
    else if (detail && last?.mark === '+') {
      const [file = '', ...name] = detail.split(': ');
      last.proofs.push({ file, name: name.join(': ') });
    } else if (line !== '') throw new Error(`${document}: the line "${line}" is neither a sentence nor a proof of one`);
  }
  return entries;
}

/** The titles of the tests and groups in a test file; skipped ones are none. */
function titlesIn(text: string): string[] {
  const title = /(?:\b(?:test|describe|feature)\(|\]\)\(|\)\(|>\()\s*(?:'((?:[^'\\\n]|\\.)+)'|"((?:[^"\\\n]|\\.)+)"|`((?:[^`\\]|\\.)+)`),/g;
  return [...text.matchAll(title)].map(([, single, double, template]) => (single ?? double ?? template ?? '').replace(/\\(.)/g, '$1'));
}

/** Whether a proof exists: a test's title that has its name in it, or for a tool's settings the text itself. */
export function exists({ file, name }: Proof): boolean {
  const text = readFileSync(path.join(root, file), 'utf8');
  return file.endsWith('.test.ts') ? titlesIn(text).some((title) => title.includes(name)) : text.includes(name);
}
