/** Parses ENCRYPTION_KEYS into keys of 32 bytes by id, in order. @throws Error that names the fault, never a key */
export function parseKeys(text: string): Map<string, Buffer> {
  const keys = new Map<string, Buffer>();
  for (const entry of text.split(',')) {
    const [id, encoded] = entry.trim().split(':');
    // Stryker disable next-line StringLiteral: no default has 32 bytes
    const key = Buffer.from(encoded ?? '', 'base64');
    if (!id || !/^[\w-]{1,64}$/.test(id) || key.length !== 32) throw new Error('must be id:base64 of 32 bytes, several with commas');
    if (keys.has(id)) throw new Error(`has two keys with the id ${id}`);
    keys.set(id, key);
  }
  return keys;
}
