/** Reads the raw body. Undefined when there is none; `too large` as soon as it exceeds `maxBytes`. */
export async function readBody(request: Request, maxBytes: number): Promise<ArrayBuffer | undefined | 'too large'> {
  if (request.method === 'GET' || !request.body) return undefined;
  if (Number(request.headers.get('content-length')) > maxBytes) return 'too large';
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of request.body as unknown as AsyncIterable<Uint8Array>) {
    size += chunk.byteLength;
    if (size > maxBytes) return 'too large';
    chunks.push(chunk);
  }
  return size ? new Blob(chunks as BlobPart[]).arrayBuffer() : undefined;
}
