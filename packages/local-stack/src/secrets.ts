import { randomBytes } from 'node:crypto';
import { chmodSync, existsSync, linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parseEnv } from 'node:util';

const hex = () => randomBytes(32).toString('hex');

/** The generator of each secret of an installation. */
const generators = {
  INTERNAL_API_KEY: hex,
  NEXTAUTH_SECRET: hex,
  ASSERTION_SECRET: hex,
  ENCRYPTION_KEYS: () => `k1:${randomBytes(32).toString('base64')}`,
};
export type Secrets = Record<keyof typeof generators, string>;

/**
 * The secrets of this checkout: each is created once and stored in `file`, which only its owner can read. Variables of
 * `environment` take precedence over the file.
 */
export function loadOrCreateSecrets(file: string, environment: NodeJS.ProcessEnv): Secrets {
  mkdirSync(path.dirname(file), { recursive: true });
  if (!existsSync(file)) {
    const draft = `${file}.${process.pid}.${randomBytes(4).toString('hex')}`;
    const lines = Object.entries(generators).map(([name, make]) => `${name}=${make()}`);
    writeFileSync(draft, `${lines.join('\n')}\n`, { mode: 0o600 });
    try {
      // The link fails if another process has created the file first; its secrets are used then.
      linkSync(draft, file);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    } finally {
      rmSync(draft);
    }
  }
  chmodSync(file, 0o600);
  const stored = parseEnv(readFileSync(file, 'utf8'));
  const missing = (Object.keys(generators) as (keyof Secrets)[]).filter((name) => !stored[name]);
  for (const name of missing) stored[name] = generators[name]();
  if (missing.length) writeFileSync(file, missing.map((name) => `${name}=${stored[name]}\n`).join(''), { flag: 'a', mode: 0o600 });
  return Object.fromEntries(Object.keys(generators).map((name) => [name, environment[name] || stored[name]])) as Secrets;
}
