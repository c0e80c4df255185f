import { AppError } from '@agentbot/contracts';

const MAX_DEPTH = 100;

/** Every key and value in something parsed, with how deep it stands; without a stack of its own, however deep that is. */
function* parts(whole: unknown): Iterable<[part: unknown, level: number]> {
  const open: [unknown, number][] = [[whole, 0]];
  for (let next = open.pop(); next; next = open.pop()) {
    yield next;
    const [part, level] = next;
    if (part && typeof part === 'object') for (const [name, each] of Object.entries(part)) open.push([name, level + 1], [each, level + 1]);
  }
}

/**
 * Refuses a body so deep that whoever walks it next runs out of stack.
 * @throws AppError INVALID_REQUEST
 */
export function requireShallow(body: unknown): void {
  for (const [, level] of parts(body)) {
    if (level > MAX_DEPTH) throw new AppError('INVALID_REQUEST', `A request is nested at most ${MAX_DEPTH} levels deep`);
  }
}

/**
 * Refuses text that Postgres cannot store, wherever it stands: with NUL, or half of a surrogate pair.
 * @throws AppError INVALID_REQUEST
 */
export function requirePlainText(input: unknown): void {
  for (const [part] of parts(input)) {
    if (typeof part === 'string' && (part.includes('\0') || !part.isWellFormed())) {
      throw new AppError('INVALID_REQUEST', 'Text must be Unicode without NUL characters');
    }
  }
}
