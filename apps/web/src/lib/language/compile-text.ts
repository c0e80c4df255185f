import type { CompiledMessage } from '@lingui/message-utils/compileMessage';

/** A part of a text: words, `#`, or a variable, perhaps with the forms between which its value chooses. */
type Token = string | [name: string] | [name: string, choice: string, forms: Record<string, Token[] | string>];

/** What can come next: a variable, the start of a choice, `#`, or words. */
const NEXT = /\{\s*(\w+)\s*\}|\{\s*(\w+)\s*,\s*(plural|select)\s*,|(#)|([^{}#]+)/y;
/** The name of a form and the bracket that opens it: `one {`, `=0 {`. */
const FORM = /\s*=?(\w+)\s*\{/y;

/** Reads a text until its end, or until the bracket that closes a form. @returns its tokens, and where it stopped */
function read(text: string, from: number, inPlural: boolean): [tokens: Token[], end: number] {
  const tokens: Token[] = [];
  let at = from;
  while (at < text.length && text[at] !== '}') {
    NEXT.lastIndex = at;
    const [whole, variable, chooser, choice, hash, words] = NEXT.exec(text) ?? [];
    if (!whole) throw new Error(`This text is not well-formed: ${text}`);
    at += whole.length;
    if (variable) tokens.push([variable]);
    else if (chooser && choice) {
      const forms: Record<string, Token[] | string> = {};
      for (FORM.lastIndex = at; ; FORM.lastIndex = at) {
        const [opening, name] = FORM.exec(text) ?? [];
        if (!opening || !name) break;
        const [content, end] = read(text, at + opening.length, choice === 'plural');
        forms[name] = content.length === 1 && content[0] !== '#' && typeof content[0] === 'string' ? content[0] : content;
        at = end + 1;
      }
      at = text.indexOf('}', at) + 1;
      tokens.push([chooser, choice, forms]);
    } else if (hash && !inPlural && typeof tokens.at(-1) === 'string') tokens.push(`${tokens.pop()}${hash}`);
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
  const known = compiled.get(text) ?? (read(text, 0, false)[0] as CompiledMessage);
  compiled.set(text, known);
  return known;
}
