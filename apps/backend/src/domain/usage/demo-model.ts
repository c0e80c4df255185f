import { randomUUID } from 'node:crypto';
import { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { withoutEnvelope } from '../../infra/openclaw/message-envelope.ts';
import { DEMO_MODEL } from '../../infra/openclaw/providers.ts';
import { estimateTokens } from './estimate.ts';

/** The pause after each word of a stream, and the longest that all of them may take. */
const WORD_MS = 25;
const STREAM_MS = 2_000;

const INTRODUCTION =
  'I am a demo: I repeat what you write, and no language model is behind me. For real answers, choose a provider under Configuration.';

const content = z.union([z.string(), z.array(z.looseObject({ text: z.string().optional() })), z.null()]).optional();
const request = z.looseObject({
  stream: z.boolean().optional(),
  messages: z.array(z.looseObject({ role: z.string(), content })).default([]),
});
type Message = z.infer<typeof request>['messages'][number];

const textOf = ({ content: of }: Message): string => (typeof of === 'string' ? of : (of ?? []).map(({ text }) => text ?? '').join(''));

function replyTo(messages: Message[]): string {
  const words = messages
    .filter(({ role }) => role === 'user')
    .map((message) => withoutEnvelope(textOf(message)).trim())
    .findLast(Boolean);
  const reply = `You said: ${words ?? ''}`;
  return messages.some(({ role }) => role === 'assistant') ? reply : `${reply}\n\n${INTRODUCTION}`;
}

const bytes = (parts: Iterable<string> | AsyncIterable<string>) => Readable.from(parts, { objectMode: false });

/** The events of a streamed reply. @see https://platform.openai.com/docs/api-reference/chat-streaming */
async function* events(id: string, reply: string, usage: object) {
  const event = (data: object) =>
    `data: ${JSON.stringify({ id, object: 'chat.completion.chunk', created: 0, model: DEMO_MODEL, ...data })}\n\n`;
  const choice = (delta: object, finish_reason: string | null = null) => event({ choices: [{ index: 0, delta, finish_reason }] });
  const words = reply.match(/\s*\S+\s*/g) ?? [];
  const pause = Math.min(WORD_MS, STREAM_MS / words.length);
  yield choice({ role: 'assistant', content: '' });
  for (const word of words) {
    yield choice({ content: word });
    await sleep(pause);
  }
  yield choice({}, 'stop');
  yield event({ choices: [], usage });
  yield 'data: [DONE]\n\n';
}

/**
 * Answers a request for chat completions as the demo model: it repeats the person's last words. It calls nothing and needs no key.
 * @returns a response like those of a provider
 */
export async function answerAsDemo(
  body: Record<string, unknown>,
): Promise<{ statusCode: number; headers: Record<string, string>; body: Readable }> {
  const parsed = request.safeParse(body);
  if (!parsed.success) {
    const error = {
      error: { message: 'messages must be a list of messages', type: 'invalid_request_error', param: 'messages', code: null },
    };
    return { statusCode: 400, headers: { 'content-type': 'application/json' }, body: bytes([JSON.stringify(error)]) };
  }
  const { messages, stream } = parsed.data;
  const reply = replyTo(messages);
  const id = `chatcmpl-${randomUUID()}`;
  const [prompt_tokens, completion_tokens] = await Promise.all([estimateTokens(messages.map(textOf).join('\n')), estimateTokens(reply)]);
  const usage = { prompt_tokens, completion_tokens, total_tokens: prompt_tokens + completion_tokens };
  if (stream) return { statusCode: 200, headers: { 'content-type': 'text/event-stream' }, body: bytes(events(id, reply, usage)) };
  const choices = [{ index: 0, message: { role: 'assistant', content: reply }, finish_reason: 'stop' }];
  const answer = { id, object: 'chat.completion', created: 0, model: DEMO_MODEL, choices, usage };
  return { statusCode: 200, headers: { 'content-type': 'application/json' }, body: bytes([JSON.stringify(answer)]) };
}
