/** A refusal of Telegram's bot API. */
export class TelegramError extends Error {
  readonly code: number;
  readonly retryAfter: number | undefined;

  constructor(code: number, description: string, retryAfter?: number) {
    super(description);
    this.code = code;
    this.retryAfter = retryAfter;
  }
}

export interface Entity {
  type: string;
  offset: number;
  length: number;
  url?: string;
}

const MAX_CHARACTERS = 4096;
/** The entity of each HTML tag. @see https://core.telegram.org/bots/api#html-style */
const entityTypes: Record<string, string> = {
  b: 'bold',
  strong: 'bold',
  i: 'italic',
  em: 'italic',
  u: 'underline',
  ins: 'underline',
  s: 'strikethrough',
  strike: 'strikethrough',
  del: 'strikethrough',
  span: 'spoiler',
  'tg-spoiler': 'spoiler',
  'tg-emoji': 'custom_emoji',
  a: 'text_link',
  code: 'code',
  pre: 'pre',
  blockquote: 'blockquote',
};
const characters: Record<string, string> = { lt: '<', gt: '>', amp: '&', quot: '"' };

const badRequest = (description: string) => new TelegramError(400, `Bad Request: ${description}`);

/** Replaces the tags by entities, as Telegram does. @throws TelegramError for markup that it does not accept */
function parseHtml(source: string): { text: string; entities: Entity[] } {
  const open: { tag: string; offset: number; attributes: string }[] = [];
  const entities: Entity[] = [];
  let text = '';
  const fail = (reason: string) => badRequest(`can't parse entities: ${reason}`);
  const pieces = source.matchAll(
    /&(lt|gt|amp|quot);|<\/([\w-]*)\s*>|<([\w-]+)((?:\s+[\w-]+(?:=(?:"[^"]*"|'[^']*'|[^\s>]+))?)*)\s*>|<|[^<&]+|&/g,
  );
  for (const { 0: piece, 1: character, 2: end, 3: start, 4: attributes = '', index } of pieces) {
    const at = `at byte offset ${Buffer.byteLength(source.slice(0, index))}`;
    if (character) text += characters[character];
    else if (start) {
      const tag = start.toLowerCase();
      if (!entityTypes[tag]) throw fail(`Unsupported start tag "${tag}" ${at}`);
      open.push({ tag, offset: text.length, attributes });
    } else if (end !== undefined) {
      const last = open.pop();
      if (!last) throw fail(`Unexpected end tag ${at}`);
      if (end && end.toLowerCase() !== last.tag) throw fail(`Unmatched end tag ${at}, expected "</${last.tag}>", found "</${end}>"`);
      const { tag, offset } = last;
      const url = /href=["']?([^"'\s>]+)/.exec(last.attributes)?.[1];
      const length = text.length - offset;
      if (length > 0 && (tag !== 'a' || url)) entities.push({ type: entityTypes[tag] as string, offset, length, ...(url && { url }) });
    } else if (piece === '<') throw fail(`Unclosed start tag ${at}`);
    else text += piece;
  }
  const unclosed = open.pop();
  if (unclosed) throw fail(`Can't find end tag corresponding to start tag "${unclosed.tag}"`);
  return { text, entities };
}

/**
 * The text of a message and its entities.
 * @param parseMode the double reads HTML, which is what OpenClaw writes
 * @throws TelegramError for an empty or too long text, and for invalid markup
 */
export function readText(source: string, parseMode: unknown): { text: string; entities: Entity[] } {
  if (!source) throw badRequest('message text is empty');
  if (parseMode && parseMode !== 'HTML') throw badRequest('unsupported parse_mode');
  const parsed = parseMode ? parseHtml(source) : { text: source, entities: [] };
  if (!parsed.text.trim()) throw badRequest('text must be non-empty');
  if ([...parsed.text].length > MAX_CHARACTERS) throw badRequest('message is too long');
  return parsed;
}
