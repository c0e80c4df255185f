import { randomInt } from 'node:crypto';

const alphabet = 'abcdefghijklmnopqrstuvwxyz0123456789';

/** `length` random characters of [a-z0-9], cryptographically secure. */
export function randomName(length: number): string {
  return Array.from({ length }, () => alphabet[randomInt(alphabet.length)]).join('');
}

/** A new id: a prefix and `name`, by default 12 random characters of [a-z0-9]. */
export function newId(
  prefix: 'agent' | 'user' | 'op' | 'msg' | 'sess' | 'session' | 'key' | 'fv' | 'img' | 'pk' | 'preq' | 'passkey' | 'mail',
  name = randomName(12),
): string {
  return `${prefix}_${name}`;
}
