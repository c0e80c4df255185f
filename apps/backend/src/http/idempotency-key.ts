import { AppError } from '@agentbot/contracts';

/** Checks the Idempotency-Key header. @throws AppError INVALID_REQUEST for a key that is empty, too long or not printable */
export function idempotencyKey(header: string | undefined): string | undefined {
  if (header === undefined) return undefined;
  if (!/^[\x21-\x7e]{1,255}$/.test(header)) throw new AppError('INVALID_REQUEST', 'Idempotency-Key must be 1 to 255 printable characters');
  return header;
}
