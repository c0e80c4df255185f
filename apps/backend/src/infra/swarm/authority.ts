import { X509Certificate } from 'node:crypto';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { generate } from 'selfsigned';
import { z } from 'zod';
import type { Credentials } from './credentials.ts';

const DAY_MS = 24 * 3_600_000;
/** How long a certificate is valid, and how long before its end it is renewed. */
const VALID_MS = 30 * DAY_MS;
export const RENEW_MS = 10 * DAY_MS;
const AUTHORITY_VALID_MS = 20 * 365 * DAY_MS;
/** Clocks of nodes may be behind. */
const CLOCK_SKEW_MS = 5 * 60_000;

const keyPair = z.strictObject({ cert: z.string(), key: z.string() });
const exists = (error: NodeJS.ErrnoException) => {
  if (error.code !== 'ENOENT') throw error;
  return undefined;
};

/** Writes a file that only its owner reads, as a whole. */
export async function writeSecretFile(file: string, content: string): Promise<void> {
  await mkdir(path.dirname(file), { recursive: true, mode: 0o700 });
  await writeFile(`${file}.new`, content, { mode: 0o600 });
  await rename(`${file}.new`, file);
}

/** Whether a certificate is due for renewal at a time. */
export const isDue = (certificate: string, now: Date): boolean =>
  now.getTime() > Date.parse(new X509Certificate(certificate).validTo) - RENEW_MS;

/**
 * Opens the authority of an installation's swarm, and creates it at the first time. It signs the certificates of backends and nodes.
 * @param folder of `authority.json`, which has the authority's key
 */
export async function openAuthority(folder: string, now: Date) {
  const file = path.join(folder, 'authority.json');
  const text = await readFile(file, 'utf8').catch(exists);
  const ca = text ? keyPair.parse(JSON.parse(text)) : await create();

  async function create(): Promise<z.infer<typeof keyPair>> {
    const made = await generate([{ name: 'commonName', value: 'Agentbot swarm' }], {
      keyType: 'ec',
      algorithm: 'sha256',
      notBeforeDate: new Date(now.getTime() - CLOCK_SKEW_MS),
      notAfterDate: new Date(now.getTime() + AUTHORITY_VALID_MS),
      extensions: [
        { name: 'basicConstraints', cA: true, pathLenConstraint: 0, critical: true },
        { name: 'keyUsage', keyCertSign: true, critical: true },
      ],
    });
    const authority = { cert: made.cert, key: made.private };
    await writeSecretFile(file, JSON.stringify(authority));
    return authority;
  }

  return {
    /** The certificate that both ends trust, as PEM. */
    certificate: ca.cert,

    /** Issues a certificate for a name, for both ends of a connection; valid for thirty days. */
    async issue(name: string): Promise<Credentials> {
      const { cert, private: key } = await generate([{ name: 'commonName', value: name.slice(0, 64) }], {
        keyType: 'ec',
        algorithm: 'sha256',
        ca,
        notBeforeDate: new Date(now.getTime() - CLOCK_SKEW_MS),
        notAfterDate: new Date(now.getTime() + VALID_MS),
        extensions: [
          { name: 'basicConstraints', cA: false, critical: true },
          { name: 'keyUsage', digitalSignature: true, critical: true },
          { name: 'extKeyUsage', serverAuth: true, clientAuth: true },
          { name: 'subjectAltName', altNames: [{ type: 2, value: name }] },
        ],
      });
      return { ca: ca.cert, cert, key };
    },
  };
}
