import { type Dialect, type ModelCall, textOf, type Usage } from './dialect.ts';
import { lastPersonText } from './last-words.ts';

interface Body {
  contents?: { role?: string; parts?: { text?: string }[] }[];
  systemInstruction?: { parts?: { text?: string }[] };
}

const route = /\/models\/([^/]+):(generateContent|streamGenerateContent)$/;
const statuses: Record<number, string> = { 401: 'UNAUTHENTICATED', 404: 'NOT_FOUND', 429: 'RESOURCE_EXHAUSTED' };

function response(call: ModelCall, text: string, { input, output }: Usage, finishReason?: string) {
  return {
    candidates: [{ index: 0, content: { role: 'model', parts: [{ text }] }, finishReason }],
    usageMetadata: { promptTokenCount: input, candidatesTokenCount: output, totalTokenCount: input + output },
    modelVersion: call.model,
    responseId: 'response-double',
  };
}

/** Google's Gemini API; the model and whether to stream stand in the path. */
export const geminiDialect: Dialect = {
  matches: (path) => route.test(path),
  key: (headers, url) => headers['x-goog-api-key']?.toString() ?? url.searchParams.get('key') ?? undefined,
  read(url, body: Body) {
    const [, model = '', method] = route.exec(url.pathname) ?? [];
    const contents = (body.contents ?? []).filter(({ role = 'user' }) => role === 'user').map(({ parts }) => parts);
    const wantsFinalTag = textOf(body.systemInstruction?.parts).includes('<final>');
    return {
      model: decodeURIComponent(model),
      stream: method === 'streamGenerateContent',
      userText: lastPersonText(contents),
      wantsFinalTag,
    };
  },
  answer: (call, reply, usage) => response(call, reply, usage, 'STOP'),
  *events(call, words, usage) {
    for (const [index, word] of words.entries()) {
      const last = index === words.length - 1;
      yield { data: response(call, word, { input: usage.input, output: index + 1 }, last ? 'STOP' : undefined) };
    }
  },
  error: (code, message) => ({ error: { code, message, status: statuses[code] ?? 'INTERNAL' } }),
};
