import { randomBytes } from 'node:crypto';
import { chmodSync, existsSync, linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parseEnv } from 'node:util';

const hex = () => randomBytes(32).toString('hex');

/** How each secret of an installation is made. */
const makers = {
  INTERNAL_API_KEY: hex,
  NEXTAUTH_SECRET: hex,
  ASSERTION_SECRET: hex,
  ENCRYPTION_KEYS: () => `k1:${randomBytes(32).toString('base64')}`,
};
export type Secrets = Record<keyof typeof makers, string>;

/**
 * The secrets of this checkout: each made once and kept in `file`, which only its owner can read. Variables of
 * `environment` win over the file.
 */
export function loadOrCreateSecrets(file: string, environment: NodeJS.ProcessEnv): Secrets {
  mkdirSync(path.dirname(file), { recursive: true });
  if (!existsSync(file)) {
    const draft = `${file}.${process.pid}.${randomBytes(4).toString('hex')}`;
    const lines = Object.entries(makers).map(([name, make]) => `${name}=${make()}`);
    writeFileSync(draft, `${lines.join('\n')}\n`, { mode: 0o600 });
    try {
      // A link fails when another process was first, and then its secrets count.
      linkSync(draft, file);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    } finally {
      rmSync(draft);
    }
  }
  chmodSync(file, 0o600);
  const kept = parseEnv(readFileSync(file, 'utf8'));
  const missing = (Object.keys(makers) as (keyof Secrets)[]).filter((name) => !kept[name]);
  for (const name of missing) kept[name] = makers[name]();
  if (missing.length) writeFileSync(file, missing.map((name) => `${name}=${kept[name]}\n`).join(''), { flag: 'a', mode: 0o600 });
  return Object.fromEntries(Object.keys(makers).map((name) => [name, environment[name] || kept[name]])) as Secrets;
}
