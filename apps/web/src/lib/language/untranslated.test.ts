import { globSync, readFileSync } from 'node:fs';
import { parse } from '@babel/parser';
import { expect, test } from '@jest/globals';

/** Names, and signs that every language writes the same. */
const NAMES = new Set([
  ...['Agentbot', '%s · Agentbot', '@BotFather', '· OpenClaw', 'CPU', 'Ctrl K', 'Discord', 'Docker', 'Slack', 'Telegram', 'WhatsApp'],
  ...['llama-3.3-70b', 'name.eth', 'https://models.example.com/v1', 'U0123456789', '0x…'],
]);
/** Files whose English a person does not read in the dashboard: what Slack receives, and an error for developers. */
const OTHERS = ['components/agent/slack-manifest.ts', 'lib/language/'];

/** Attributes and properties whose text a person sees or hears. */
const SHOWN =
  /^(aria-(label|description|valuetext)|title|placeholder|label|alt|\w+AriaLabel|description|hint|legend|heading|confirm|action|advice|note|done|close|all|pending|success|problem|name)$/;
/** Elements whose children the macro reads. */
const TRANSLATED = /^(Trans|Plural)$/;

interface Node {
  type: string;
  loc: { start: { line: number } };
  [key: string]: unknown;
}
const isNode = (value: unknown): value is Node => typeof value === 'object' && value !== null && 'type' in value;
const children = (node: Node): Node[] =>
  Object.entries(node).flatMap(([key, value]) => (/Comments$|^loc$|^extra$/.test(key) ? [] : [value].flat().filter(isNode)));
const hasWords = (text: string) => /\p{L}{2}/u.test(text) && !NAMES.has(text.trim());

/** The texts that an expression may have: of each branch, and the words of a template. */
function textsOf(node: Node): [text: string, line: number][] {
  const { type, loc } = node;
  if (type === 'StringLiteral') return [[String(node.value), loc.start.line]];
  if (type === 'TemplateLiteral') {
    const words = (node.quasis as { value: { cooked: string } }[]).map(({ value }) => value.cooked).join(' ');
    return [[words, loc.start.line]];
  }
  const parts = {
    ConditionalExpression: ['consequent', 'alternate'],
    LogicalExpression: ['left', 'right'],
    JSXExpressionContainer: ['expression'],
  };
  return (parts[type as keyof typeof parts] ?? []).flatMap((key) => textsOf(node[key] as Node));
}

const nameOf = (name: unknown): string => (isNode(name) ? String(name.name ?? name.value ?? '') : '');

/** The texts of a file that are shown and that no catalogue has. */
function untranslated(code: string): [text: string, line: number][] {
  const found: [string, number][] = [];
  const add = (node: unknown, isShown = hasWords) => isNode(node) && found.push(...textsOf(node).filter(([text]) => isShown(text)));
  // The values of properties are often names of classes or of operations.
  const isSentence = (text: string) => hasWords(text) && /^\p{Lu}/u.test(text);
  function visit(node: Node): void {
    if (node.type === 'JSXElement' && TRANSLATED.test(nameOf((node.openingElement as Node).name))) return;
    if (node.type === 'CallExpression' && /^(msg|plural|t)$/.test(nameOf(node.callee))) return;
    if (node.type === 'JSXText' && hasWords(String(node.value))) found.push([String(node.value).trim(), node.loc.start.line]);
    if (node.type === 'JSXElement' || node.type === 'JSXFragment')
      for (const child of node.children as Node[]) if (child.type === 'JSXExpressionContainer') add(child);
    if (node.type === 'JSXAttribute' && SHOWN.test(nameOf(node.name)) && nameOf(node.name) !== 'name') add(node.value);
    if (node.type === 'ObjectProperty' && SHOWN.test(nameOf(node.key))) add(node.value, isSentence);
    // A plain Error is shown to the reader.
    if (node.type === 'NewExpression' && nameOf(node.callee) === 'Error') add((node.arguments as Node[])[0], isSentence);
    if (node.type === 'CallExpression' && nameOf((node.callee as Node).object) === 'toast') add((node.arguments as Node[])[0]);
    for (const each of children(node)) visit(each);
  }
  visit(parse(code, { sourceType: 'module', plugins: ['typescript', 'jsx'] }).program as unknown as Node);
  return found;
}

const root = new URL('../../', import.meta.url).pathname;
const files = globSync('{app,components,features,lib}/**/*.{ts,tsx}', { cwd: root }).filter(
  (file) => !/\.(test|d)\.ts$/.test(file) && !OTHERS.some((other) => file.startsWith(other)),
);

test('no text stands outside the catalogues', () => {
  expect(files.length).toBeGreaterThan(250);
  const texts = files.flatMap((file) => untranslated(readFileSync(root + file, 'utf8')).map(([text, line]) => `${file}:${line} ${text}`));
  expect(texts).toEqual([]);
});

test.each([
  ['<p>Hello</p>', 'Hello'],
  ['<p>{ok ? "Yes" : t`No`}</p>', 'Yes'],
  ['<Field label="Your name" />', 'Your name'],
  ['<Field label={`Name of ${x}`} />', 'Name of  '],
  ['<Field label={ok && "Your name"} />', 'Your name'],
  ['<i aria-label="Menu" />', 'Menu'],
  ['withToast(work, { pending: "Saving…" })', 'Saving…'],
  ['throw new Error("It broke")', 'It broke'],
  ['toast.error("It broke")', 'It broke'],
])('%s has the untranslated text %j', (code, text) => {
  expect(untranslated(code).map(([found]) => found)).toEqual([text]);
});

test.each([
  '<Trans>Hello <b>you</b></Trans>',
  '<p>{t`Hello`}</p>',
  '<Field label={t`Your name`} name="email" />',
  '<p className="text-muted">{count} · {name}</p>',
  'const table = { title: msg`Hello` }',
  't({ message: "Hello", context: "greeting" })',
  'toast.error(problem)',
])('%s has no untranslated text', (code) => {
  expect(untranslated(code)).toEqual([]);
});
