import type { CompiledMessage } from '@lingui/message-utils/compileMessage';

/** A part of a text: words, `#`, or a variable, perhaps with the forms between which its value chooses. */
type Token = string | [name: string] | [name: string, choice: string, forms: Record<string, Token[]>];

/** What can come next: a variable, the start of a choice, `#`, or words. */
const NEXT = /\{\s*(\w+)\s*\}|\{\s*(\w+)\s*,\s*(plural|select)\s*,|(#)|([^{}#]+)/y;
/** The name of a form and the bracket that opens it: `one {`, `=0 {`. */
const FORM = /\s*=?(\w+)\s*\{/y;
/** The end of a choice. */
const END = /\s*\}/y;

/** Reads what a pattern finds at a position. @throws Error when it finds nothing there */
function expectAt(pattern: RegExp, text: string, at: number): RegExpExecArray {
  pattern.lastIndex = at;
  const found = pattern.exec(text);
  if (!found) throw new Error(`This text is not well-formed: ${text}`);
  return found;
}

/** Reads a text until its end, or until the bracket that closes a form. @returns its tokens, and where it stopped */
function read(text: string, from: number, inPlural: boolean): [tokens: Token[], end: number] {
  const tokens: Token[] = [];
  let at = from;
  while (at < text.length && text[at] !== '}') {
    const [whole, variable, chooser, choice, hash, words] = expectAt(NEXT, text, at);
    at += whole.length;
    if (variable) tokens.push([variable]);
    else if (chooser && choice) {
      const forms: Record<string, Token[]> = {};
      for (FORM.lastIndex = at; ; FORM.lastIndex = at) {
        const [opening, name] = FORM.exec(text) ?? [];
        if (!opening || !name) break;
        const [content, end] = read(text, at + opening.length, choice === 'plural');
        forms[name] = content;
        at = end + expectAt(END, text, end)[0].length;
      }
      at += expectAt(END, text, at)[0].length;
      tokens.push([chooser, choice, forms]);
    } else if (!inPlural && typeof tokens.at(-1) === 'string') tokens.push(`${tokens.pop()}${hash ?? words}`);
    else tokens.push(hash ?? words ?? '');
  }
  return [tokens, at];
}

const compiled = new Map<string, CompiledMessage>();

/**
 * Compiles an English text, which stands in the code as it is written. It knows what the dashboard's texts need: variables, plurals and
 * selections. Lingui's own compiler would add 5 kB to every page; a test compares the two.
 */
export function compileText(text: string): CompiledMessage {
  const known = compiled.get(text);
  if (known) return known;
  const [tokens, end] = read(text, 0, false);
  if (end < text.length) throw new Error(`This text is not well-formed: ${text}`);
  compiled.set(text, tokens as CompiledMessage);
  return tokens as CompiledMessage;
}
