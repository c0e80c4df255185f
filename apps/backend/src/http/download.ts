import { pipeline } from 'node:stream/promises';
import type { Response } from 'express';
import type { Download } from '../shared/streams.ts';

/**
 * Sends a file, until its end or until the client disconnects.
 * @throws Error when the content ends early; the connection is cut, so that the client does not take the file for complete
 */
export async function sendDownload(response: Response, { content, name, type }: Download): Promise<void> {
  response.setHeader('Content-Type', type);
  response.setHeader('Content-Disposition', `attachment; filename="${name}"`);
  await pipeline(content, response).catch((error) => {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_STREAM_PREMATURE_CLOSE') throw error;
  });
}
