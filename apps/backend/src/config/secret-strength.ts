/** What stands in examples, and what people type to get past a check. */
const placeholder =
  /change.?me|replace.?(me|this)|placeholder|example|default|password|agentbot|postgres|your.?(key|token|secret)|\b(secret|test|dummy|none|admin)\b|12345678|abcdefg/i;
const MIN_DISTINCT_CHARACTERS = 8;

/**
 * Why a secret must not guard a production system, or nothing.
 * @param shortest how many characters it must have
 */
export function findWeakness(secret: string | undefined, shortest = 32): string | undefined {
  if (secret === undefined) return undefined;
  // Random hexadecimal and base64 hold such words less than once in a million.
  if (placeholder.test(secret)) return 'is a default or an example: make a random one';
  if (secret.length < shortest) return `must have at least ${shortest} characters`;
  return new Set(secret).size < MIN_DISTINCT_CHARACTERS ? 'is not random' : undefined;
}
