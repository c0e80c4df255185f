import { Refusal } from './refusal.ts';

export interface Answer {
  status: number;
  body: object;
  headers?: Record<string, string>;
}
interface Kept {
  path: string;
  parameters: string;
  requestId: string;
  /** Undefined while the first request is in progress. */
  answer?: Answer;
}

const refuse = (status: number, message: string, code?: string) => new Refusal(status, { type: 'idempotency_error', code, message });

/**
 * The idempotency layer: it keeps the first answer to a key, also a 500, and gives it again.
 * @see https://docs.stripe.com/api/idempotent_requests
 */
export function createIdempotency() {
  const keys = new Map<string, Kept>();

  /** @throws Refusal 400 for a key with another path or other parameters, 409 while the first request is in progress */
  function replay(key: string, path: string, parameters: string): Answer | undefined {
    const kept = keys.get(key);
    if (!kept) return undefined;
    const advice = `Try using a key other than '${key}' if you meant to execute a different request.`;
    if (kept.path !== path) {
      throw refuse(
        400,
        `Keys for idempotent requests can only be used for the same endpoint they were first used for ('${path}' vs '${kept.path}'). ${advice}`,
      );
    }
    if (kept.parameters !== parameters) {
      throw refuse(400, `Keys for idempotent requests can only be used with the same parameters they were first used with. ${advice}`);
    }
    if (!kept.answer) {
      const message = `There is currently another in-progress request using this Idempotent Key: ${key}. Please try again later.`;
      throw refuse(409, message, 'idempotency_key_in_use');
    }
    return { ...kept.answer, headers: { 'idempotent-replayed': 'true', 'original-request': kept.requestId } };
  }

  return async function once(
    key: string,
    path: string,
    parameters: string,
    requestId: string,
    execute: () => Promise<Answer>,
  ): Promise<Answer> {
    if (key.length > 255) throw refuse(400, 'Idempotency keys can have up to 255 characters.');
    const replayed = replay(key, path, parameters);
    if (replayed) return replayed;
    const kept: Kept = { path, parameters, requestId };
    keys.set(key, kept);
    try {
      kept.answer = await execute();
      return kept.answer;
    } catch (error) {
      // Nothing was executed: the client may repeat the request with the key.
      if (error instanceof Refusal && error.executed) kept.answer = error;
      else keys.delete(key);
      throw error;
    }
  };
}
