// biome-ignore lint/suspicious/noControlCharactersInRegex: a terminal's colours are control characters
const colours = /\u001b\[[\d;]*m/g;

/** Takes the given secrets, and a terminal's colours, out of a line. */
export function redact(text: string, secrets: string[]): string {
  let clean = text.replace(colours, '');
  for (const secret of secrets) clean = clean.replaceAll(secret, '[redacted]');
  return clean;
}
