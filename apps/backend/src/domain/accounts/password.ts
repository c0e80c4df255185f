import { hash, verify } from '@node-rs/argon2';

// Argon2id with OWASP's first recommendation (19 MiB, 2 passes, 1 lane), which is this library's default.
// https://cheatsheetseries.owasp.org/cheatsheets/Password_Storage_Cheat_Sheet.html
let decoy: Promise<string> | undefined;

/** A password's hash as a PHC string. Keyboards differ in the Unicode normal form of `é`, so the form NFC is hashed (RFC 8265). */
export const hashPassword = (password: string): Promise<string> => hash(password.normalize('NFC'));

/** Whether `password` matches the hash `stored`. Without a hash it takes equally long, so timing reveals no account. */
export async function checkPassword(stored: string | null | undefined, password: string): Promise<boolean> {
  decoy ??= hash('a password nobody has');
  const expected = stored ?? (await decoy);
  const normal = password.normalize('NFC');
  // An older hash may be that of another normal form.
  const matches = (await verify(expected, normal)) || (normal !== password && (await verify(expected, password)));
  return Boolean(stored) && matches;
}
