import { AppError } from '@agentbot/contracts';

/** The Idempotency-Key of a request. @throws AppError INVALID_REQUEST for one that is empty, too long or unprintable */
export function idempotencyKey(header: string | undefined): string | undefined {
  if (header === undefined) return undefined;
  if (!/^[\x21-\x7e]{1,255}$/.test(header)) throw new AppError('INVALID_REQUEST', 'Idempotency-Key must be 1 to 255 printable characters');
  return header;
}
