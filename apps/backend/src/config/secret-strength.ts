/** Words from examples and defaults, and typical values that people type to pass a check. */
const placeholder =
  /change.?me|replace.?(me|this)|placeholder|example|default|password|agentbot|postgres|your.?(key|token|secret)|\b(secret|test|dummy|none|admin)\b|12345678|abcdefg/i;
const MIN_DISTINCT_CHARACTERS = 8;

/**
 * Finds the reason why a secret is too weak for production.
 * @param minLength in characters
 * @returns the reason, or undefined for a secret that is strong enough or not set
 */
export function findWeakness(secret: string | undefined, minLength = 32): string | undefined {
  if (secret === undefined) return undefined;
  // Random hexadecimal or base64 contains such a word with a probability below one in a million.
  if (placeholder.test(secret)) return 'is a default or an example: make a random one';
  if (secret.length < minLength) return `must have at least ${minLength} characters`;
  return new Set(secret).size < MIN_DISTINCT_CHARACTERS ? 'is not random' : undefined;
}
