import { AppError } from '@agentbot/contracts';

const MAX_DEPTH = 100;
/** The maximum number of lists, objects and their elements in a body, at all depths together. */
const MAX_ELEMENTS = 5_000;

const [QUOTE, COMMA, ESCAPE] = [0x22, 0x2c, 0x5c];
const opening = new Set([0x5b, 0x7b]);
const closing = new Set([0x5d, 0x7d]);

/** The index of the quote that ends a string, or the length without one. @param start the index after its first quote */
function endOfString(bytes: Uint8Array, start: number): number {
  for (let end = bytes.indexOf(QUOTE, start); end >= 0; end = bytes.indexOf(QUOTE, end + 1)) {
    let escapes = 0;
    while (end - escapes > start && bytes[end - escapes - 1] === ESCAPE) escapes++;
    if (escapes % 2 === 0) return end;
  }
  return bytes.length;
}

/**
 * Refuses JSON that is nested so deep that recursive code would overflow the stack, or that has so many elements that parsing
 * and validation would block the event loop. It counts brackets and commas outside strings, without parsing.
 * @param bytes JSON in UTF-8; malformed JSON is accepted
 * @throws AppError INVALID_REQUEST
 */
export function requireSmall(bytes: Uint8Array): void {
  let depth = 0;
  let elements = 0;
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i] as number;
    if (byte === QUOTE) i = endOfString(bytes, i + 1);
    else if (byte === COMMA) elements++;
    else if (opening.has(byte)) {
      depth++;
      elements++;
    } else if (closing.has(byte)) depth--;
    if (depth > MAX_DEPTH) throw new AppError('INVALID_REQUEST', `Request body must be nested at most ${MAX_DEPTH} levels deep`);
    if (elements > MAX_ELEMENTS) throw new AppError('INVALID_REQUEST', `Request body must have at most ${MAX_ELEMENTS} elements`);
  }
}

/**
 * Refuses text that Postgres cannot store, in any key or value: with NUL, or with half of a surrogate pair.
 * @param input a value that `requireSmall` accepts
 * @throws AppError INVALID_REQUEST
 */
export function requirePlainText(input: unknown): void {
  const pending: unknown[] = [input];
  while (pending.length) {
    const part = pending.pop();
    if (part && typeof part === 'object') pending.push(...Object.entries(part).flat());
    else if (typeof part === 'string' && (part.includes('\0') || !part.isWellFormed())) {
      throw new AppError('INVALID_REQUEST', 'Text must be Unicode without NUL characters');
    }
  }
}
