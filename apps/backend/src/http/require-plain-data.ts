import { AppError } from '@agentbot/contracts';

const MAX_DEPTH = 100;

/** Every key and value of a parsed value, with its depth. Not recursive: a deep value would overflow the stack. */
function* parts(root: unknown): Iterable<[part: unknown, depth: number]> {
  const pending: [unknown, number][] = [[root, 0]];
  for (let next = pending.pop(); next; next = pending.pop()) {
    yield next;
    const [part, depth] = next;
    if (part && typeof part === 'object')
      for (const [name, value] of Object.entries(part)) pending.push([name, depth + 1], [value, depth + 1]);
  }
}

/**
 * Refuses a body that is nested so deep that recursive code would overflow the stack.
 * @throws AppError INVALID_REQUEST
 */
export function requireShallow(body: unknown): void {
  for (const [, depth] of parts(body)) {
    if (depth > MAX_DEPTH) throw new AppError('INVALID_REQUEST', `Request body must be nested at most ${MAX_DEPTH} levels deep`);
  }
}

/**
 * Refuses text that Postgres cannot store, in any key or value: with NUL, or with half of a surrogate pair.
 * @throws AppError INVALID_REQUEST
 */
export function requirePlainText(input: unknown): void {
  for (const [part] of parts(input)) {
    if (typeof part === 'string' && (part.includes('\0') || !part.isWellFormed())) {
      throw new AppError('INVALID_REQUEST', 'Text must be Unicode without NUL characters');
    }
  }
}
