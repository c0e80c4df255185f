import type { RouteId } from './index.ts';

const DEFAULT_BYTES = 64 * 1024;

const largerBytes: Partial<Record<RouteId, number>> = {
  // A message has up to 32,000 characters, and JSON may escape each of them with six bytes.
  tellAgent: 256 * 1024,
  // The same, and 2,000,000 bytes of images, which are a third longer in base64.
  sendMessage: 3 * 1024 * 1024,
  // A file has up to 256 KiB, and JSON escapes quotes and line breaks.
  updateAgentFile: 1024 * 1024,
};

/** The maximum size of an operation's request body in bytes, after decompression. */
export const maxBodyBytes = (id: RouteId): number => largerBytes[id] ?? DEFAULT_BYTES;
