import type { ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

/** A response that is written byte by byte as it stands: for streams that no correct provider sends. */
export interface StreamScript {
  /** Default: 200. */
  status?: number;
  /** Default: `text/event-stream`. */
  type?: string;
  /** Text or bytes to write, and numbers of milliseconds to wait. */
  steps: (string | Uint8Array | number)[];
  /** The response ends, its connection is cut, or it stays open until the caller leaves. Default: `end`. */
  end?: 'end' | 'cut' | 'open';
}

/** Writes a script as the response. */
export async function playScript(response: ServerResponse, { status = 200, type = 'text/event-stream', steps, end = 'end' }: StreamScript) {
  response.writeHead(status, { 'content-type': type, 'cache-control': 'no-cache' });
  response.flushHeaders();
  for (const step of steps) {
    if (response.destroyed) return;
    if (typeof step === 'number') await sleep(step);
    else response.write(step);
  }
  if (end === 'end') response.end();
  // The words before the cut shall arrive.
  if (end === 'cut') setTimeout(() => response.destroy(), 50);
}

/** An event of a stream of chat completions. */
export const event = (data: unknown): string => `data: ${typeof data === 'string' ? data : JSON.stringify(data)}\n\n`;

/** An event of chat completions with a part of the reply. */
export function deltaEvent(delta: object, finish_reason: string | null = null): string {
  const choices = [{ index: 0, delta, finish_reason }];
  return event({ id: 'chatcmpl-script', object: 'chat.completion.chunk', created: 1_770_000_000, model: 'script', choices });
}

/** The end of a correct stream. */
export const DONE = event('[DONE]');

/** A correct stream with these parts of a reply, one event each. */
export const streamOf = (parts: string[]): string[] => [
  deltaEvent({ role: 'assistant', content: '' }),
  ...parts.map((content) => deltaEvent({ content })),
  deltaEvent({}, 'stop'),
  DONE,
];

/** A correct stream whose reply, after its text, calls a tool. */
export const toolCallOf = (parts: string[], name: string, args: object, id = 'call_1'): string[] => [
  deltaEvent({ role: 'assistant', content: '' }),
  ...parts.map((content) => deltaEvent({ content })),
  deltaEvent({ tool_calls: [{ index: 0, id, type: 'function', function: { name, arguments: JSON.stringify(args) } }] }),
  deltaEvent({}, 'tool_calls'),
  DONE,
];
