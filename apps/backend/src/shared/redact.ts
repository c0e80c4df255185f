// biome-ignore lint/suspicious/noControlCharactersInRegex: colour codes are control characters
const colourCodes = /\u001b\[[\d;]*m/g;

/** Removes terminal colour codes from a text, and replaces each secret with `[redacted]`. */
export function redact(text: string, secrets: string[]): string {
  let redacted = text.replace(colourCodes, '');
  for (const secret of secrets) redacted = redacted.replaceAll(secret, '[redacted]');
  return redacted;
}
