import { pipeline } from 'node:stream/promises';
import type { Response } from 'express';
import type { Download } from '../shared/streams.ts';

/** Sends a file; a reader that leaves ends it. @throws Error when the content breaks off: the connection is then cut, so that nobody takes it for whole */
export async function sendDownload(response: Response, { content, name, type }: Download): Promise<void> {
  response.setHeader('Content-Type', type);
  response.setHeader('Content-Disposition', `attachment; filename="${name}"`);
  await pipeline(content, response).catch((error) => {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_STREAM_PREMATURE_CLOSE') throw error;
  });
}
