import { AppError, type FileInfo, MAX_FILE_BYTES } from '@agentbot/contracts';
import type { GatewayConnection } from '../../infra/openclaw/gateway-connection.ts';
import { listWorkspaceFiles, readWorkspaceFile } from '../../infra/openclaw/workspace-files.ts';
import { sha256 } from '../../shared/sha256.ts';
import { throwGatewayUnavailable } from '../agents/gateway.ts';

/** A file with its content. `gatewayHash` is set for gateways that compare it at a write. */
export interface FileContent extends FileInfo {
  content: string;
  gatewayHash: string | undefined;
}

/** The gateway's time (milliseconds since 1970) as this API writes it. */
export const isoTime = (ms: number | undefined) => (ms === undefined ? null : new Date(ms).toISOString());

/** Information about a file with this content. */
export const fileInfo = (name: string, content: string, updatedAtMs: number | undefined): FileInfo => ({
  name,
  sizeBytes: Buffer.byteLength(content),
  updatedAt: isoTime(updatedAtMs),
  sha256: sha256(content),
});

/**
 * Reads a file that the gateway lists; null when it does not exist yet.
 * @throws AppError FILE_NOT_FOUND for a name that the gateway does not list, FILE_NOT_EDITABLE, GATEWAY_UNAVAILABLE
 */
export async function readFileContent(gateway: GatewayConnection, name: string): Promise<FileContent | null> {
  const files = await listWorkspaceFiles(gateway).catch(throwGatewayUnavailable);
  const listed = files.find((file) => file.name === name);
  if (!listed) throw new AppError('FILE_NOT_FOUND');
  if (listed.missing) return null;
  // The size is checked before the read: a frame that is too large would close the connection.
  if ((listed.size ?? 0) > MAX_FILE_BYTES) throw new AppError('FILE_NOT_EDITABLE');
  const { missing, content = '', size, updatedAtMs, hash } = await readWorkspaceFile(gateway, name).catch(throwGatewayUnavailable);
  if (missing) return null;
  const info = fileInfo(name, content, updatedAtMs);
  // The gateway replaces bytes that are not UTF-8, which changes the size or the hash. Postgres and JSON clients refuse NUL.
  const isText = size === info.sizeBytes && (hash ?? info.sha256) === info.sha256 && !content.includes('\0');
  if (!isText || info.sizeBytes > MAX_FILE_BYTES) throw new AppError('FILE_NOT_EDITABLE');
  return { ...info, content, gatewayHash: hash };
}
