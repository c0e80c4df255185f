import { hash, verify } from '@node-rs/argon2';

// Argon2id with OWASP's first recommendation (19 MiB, 2 passes, 1 lane), which is this library's default.
// https://cheatsheetseries.owasp.org/cheatsheets/Password_Storage_Cheat_Sheet.html
let decoy: Promise<string> | undefined;

/** A password's hash as a PHC string. */
export const hashPassword = (password: string): Promise<string> => hash(password);

/** Whether `password` matches the hash `stored`. Without a hash it takes equally long, so timing reveals no account. */
export async function checkPassword(stored: string | null | undefined, password: string): Promise<boolean> {
  decoy ??= hash('a password nobody has');
  const matches = await verify(stored ?? (await decoy), password);
  return Boolean(stored) && matches;
}
