import { readFileSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';

/** The name in the certificate of a backend. */
export const BACKEND_NAME = 'backend.agentbot.internal';
const NODE_DOMAIN = '.node.agentbot.internal';
/** The name in the certificate of a node's service. */
export const nodeName = (nodeId: string): string => `${nodeId}${NODE_DOMAIN}`;

/** What a certificate proves about the other end of a connection. */
export type Peer = { kind: 'backend' } | { kind: 'node'; nodeId: string };

/** Who has a certificate with this subject alternative name; undefined for any other name. */
export function peerOf(subjectAltName: string | undefined): Peer | undefined {
  const [, name = ''] = /^DNS:([a-z0-9.-]+)$/.exec(subjectAltName ?? '') ?? [];
  if (name === BACKEND_NAME) return { kind: 'backend' };
  return name.endsWith(NODE_DOMAIN) ? { kind: 'node', nodeId: name.slice(0, -NODE_DOMAIN.length) } : undefined;
}

/** PEM texts: the authority that both ends trust, and this process's certificate with its key. */
export interface Credentials {
  ca: string;
  cert: string;
  key: string;
}
const credentialsSchema = z.strictObject({ ca: z.string(), cert: z.string(), key: z.string() });

/** How long a file is used before it is read again: a renewed certificate serves new connections within this time. */
const REREAD_MS = 30_000;

/**
 * Reads the credentials of a process from the file `<folder>/<name>.json`, and again after it was renewed.
 * @throws Error from the first call on when the file is missing or has another form
 */
export function createCredentials(folder: string, name: string): () => Credentials {
  let read: { at: number; credentials: Credentials } | undefined;
  return () => {
    if (read && Date.now() - read.at < REREAD_MS) return read.credentials;
    try {
      read = { at: Date.now(), credentials: credentialsSchema.parse(JSON.parse(readFileSync(path.join(folder, `${name}.json`), 'utf8'))) };
    } catch (cause) {
      // A file that is being replaced: the former credentials are valid for days.
      if (!read) throw new Error(`The certificate in ${path.join(folder, `${name}.json`)} cannot be read`, { cause });
    }
    return (read as NonNullable<typeof read>).credentials;
  };
}
