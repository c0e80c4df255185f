import { errorTable } from '@agentbot/contracts';
import { isCallbackUrl } from './callback-url.ts';
import { readBody } from './read-body.ts';

const MAX_BYTES = 16 * 1024;

const refuse = (status: number, error: string) => Response.json({ error }, { status, headers: { 'cache-control': 'no-store' } });

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/**
 * Checks a request for next-auth, which reads a body of any size and answers 500 to one that does not parse.
 * @returns the body, or the response that refuses the request
 */
export async function checkAuthRequest(request: Request): Promise<{ body: string | null } | Response> {
  const { searchParams, origin } = new URL(request.url);
  // Of several values, next-auth reads the last.
  if (!isCallbackUrl(searchParams.getAll('callbackUrl').at(-1) ?? '', origin)) return refuse(400, 'Invalid callbackUrl');
  const bytes = await readBody(request, MAX_BYTES);
  if (bytes === 'too large') return refuse(413, errorTable.PAYLOAD_TOO_LARGE.sentence);
  const body = bytes ? new TextDecoder().decode(bytes) : null;
  const isMalformed = body !== null && request.headers.get('content-type')?.includes('application/json') && !isJson(body);
  return isMalformed ? refuse(400, 'Malformed JSON in request body') : { body };
}
