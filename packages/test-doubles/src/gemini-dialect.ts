import { type ApiRequest, type Dialect, type ModelCall, names, type Refusal, textOf, type Usage, unknownName, withKey } from './dialect.ts';
import { lastPersonText } from './last-words.ts';

interface Entry {
  role?: string;
  parts?: { text?: string }[];
}
interface Body {
  contents?: Entry[];
  systemInstruction?: Entry;
  system_instruction?: Entry;
  generationConfig?: { maxOutputTokens?: number };
}

const route = /^\/v1(?:beta)?\/models\/([^/:]+):(generateContent|streamGenerateContent)$/;

/** @see https://ai.google.dev/gemini-api/docs/troubleshooting */
const statuses: Record<number, [status: string, message: string]> = {
  400: ['INVALID_ARGUMENT', 'The input token count (1200000) exceeds the maximum number of tokens allowed (1048576).'],
  401: ['UNAUTHENTICATED', 'Request had invalid authentication credentials.'],
  403: ['PERMISSION_DENIED', "Method doesn't allow unregistered callers (callers without established identity)."],
  413: ['INVALID_ARGUMENT', 'Request payload size exceeds the limit: 20971520 bytes.'],
  429: ['RESOURCE_EXHAUSTED', 'You exceeded your current quota, please check your plan and billing details.'],
  500: ['INTERNAL', 'An internal error has occurred. Please retry.'],
  503: ['UNAVAILABLE', 'The model is overloaded. Please try again later.'],
  504: ['DEADLINE_EXCEEDED', 'The service was unable to finish processing within the deadline.'],
};

/** The fields of a request, as JSON and as protobuf name them. @see https://ai.google.dev/api/generate-content */
const parameters = names(
  `contents systemInstruction tools toolConfig safetySettings generationConfig cachedContent model labels serviceTier store
  system_instruction tool_config safety_settings generation_config cached_content`,
);
const settings = names(
  `stopSequences responseMimeType responseSchema responseJsonSchema _responseJsonSchema responseFormat responseModalities candidateCount
  maxOutputTokens temperature topP topK seed presencePenalty frequencyPenalty responseLogprobs logprobs enableEnhancedCivicAnswers
  speechConfig thinkingConfig imageConfig mediaResolution audioTimestamp`,
);
const entryFields = names('role parts');
const partFields = names(
  `text inlineData fileData functionCall functionResponse executableCode codeExecutionResult thought thoughtSignature videoMetadata
  mediaResolution partMetadata toolCall toolResponse inline_data file_data function_call function_response thought_signature`,
);

const failure = (code: number, message: string, details?: object[], status = statuses[code]?.[0] ?? 'INTERNAL'): Refusal => ({
  status: code,
  body: { error: { code, message, status, ...(details && { details }) } },
});
const unknown = (name: string, at?: string) => {
  const message = `Invalid JSON payload received. Unknown name "${name}"${at ? ` at '${at}'` : ''}: Cannot find field.`;
  const fieldViolations = [{ ...(at && { field: at }), description: message }];
  return failure(400, message, [{ '@type': 'type.googleapis.com/google.rpc.BadRequest', fieldViolations }]);
};

/** The first rule of generateContent that a request breaks. */
function refuse({ body }: ApiRequest): Refusal | undefined {
  const { contents, systemInstruction, generationConfig = {} } = body as Body;
  const stranger = unknownName(body, parameters);
  if (stranger) return unknown(stranger);
  const setting = unknownName(generationConfig, settings);
  if (setting) return unknown(setting, 'generation_config');
  if (!contents?.length) return failure(400, '* GenerateContentRequest.contents: contents is not specified\n');
  for (const [index, entry] of [...contents, ...(systemInstruction ? [systemInstruction] : [])].entries()) {
    const at = index < contents.length ? `contents[${index}]` : 'system_instruction';
    const field = unknownName(entry, entryFields);
    if (field) return unknown(field, at);
    if (at !== 'system_instruction' && !['user', 'model', 'function', undefined].includes(entry.role)) {
      return failure(400, 'Please use a valid role: user, model.');
    }
    if (!entry.parts?.length) return failure(400, `* GenerateContentRequest.${at}.parts: contents.parts must not be empty.\n`);
    for (const [number, part] of entry.parts.entries()) {
      const strange = unknownName(part, partFields);
      if (strange) return unknown(strange, `${at}.parts[${number}]`);
      if (Object.keys(part).length === 0) {
        return failure(
          400,
          `* GenerateContentRequest.${at}.parts[${number}].data: required oneof field 'data' must have one initialized field\n`,
        );
      }
    }
  }
  return undefined;
}

function response(call: ModelCall, text: string, { input, output }: Usage, finishReason?: string) {
  return {
    candidates: [{ index: 0, content: { role: 'model', parts: [{ text }] }, finishReason }],
    usageMetadata: { promptTokenCount: input, candidatesTokenCount: output, totalTokenCount: input + output },
    modelVersion: call.model,
    responseId: 'response-double',
  };
}
const finishReason = (isCut: boolean) => (isCut ? 'MAX_TOKENS' : 'STOP');

/** Google's Gemini API; the model and whether to stream stand in the path. */
export const geminiDialect: Dialect = {
  provider: 'gemini',
  serves: (path) => route.test(path),
  key: (headers, url) => headers['x-goog-api-key']?.toString() ?? url.searchParams.get('key') ?? undefined,
  refuseKey(key) {
    if (!key) return failure(403, statuses[403]?.[1] ?? '');
    const reason = { '@type': 'type.googleapis.com/google.rpc.ErrorInfo', reason: 'API_KEY_INVALID', domain: 'googleapis.com' };
    return failure(400, 'API key not valid. Please pass a valid API key.', [reason]);
  },
  refuse,
  hasModel: (model) => /^gem(ini|ma)-[\w.-]+$/.test(model),
  refuseModel: ({ model, stream }) =>
    failure(
      404,
      `models/${model} is not found for API version v1beta, or is not supported for ${stream ? 'streamGenerateContent' : 'generateContent'}.`,
      undefined,
      'NOT_FOUND',
    ),
  error(code, call, key, retryAfter) {
    if (code === 404) return geminiDialect.refuseModel(call);
    const wait = { '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay: `${retryAfter}s` };
    const quota = {
      '@type': 'type.googleapis.com/google.rpc.QuotaFailure',
      violations: [{ quotaId: 'GenerateRequestsPerMinutePerProjectPerModel' }],
    };
    return failure(code, withKey(statuses[code]?.[1] ?? `Error ${code}`, key), code === 429 ? [quota, wait] : undefined);
  },
  headers: () => ({ 'server-timing': 'gfet4t7; dur=1' }),
  read(url, body: Body) {
    const [, model = '', method] = route.exec(url.pathname) ?? [];
    const contents = Array.isArray(body.contents) ? body.contents : [];
    const system = textOf((body.systemInstruction ?? body.system_instruction)?.parts);
    return {
      model: decodeURIComponent(model),
      stream: method === 'streamGenerateContent',
      messages: contents.map(({ role, parts }) => ({
        role: role === 'model' ? ('assistant' as const) : ('user' as const),
        text: textOf(parts),
      })),
      system,
      userText: lastPersonText(contents.filter(({ role = 'user' }) => role === 'user').map(({ parts }) => parts)),
      wantsFinalTag: system.includes('<final>'),
      maxTokens: body.generationConfig?.maxOutputTokens,
      asArray: url.searchParams.get('alt') !== 'sse',
    };
  },
  answer: (call, reply, usage, isCut) => response(call, reply, usage, finishReason(isCut)),
  opening: () => [],
  word: (call, text, usage) => ({ data: response(call, text, usage) }),
  closing: (call, usage, isCut) => [{ data: response(call, '', usage, finishReason(isCut)) }],
  failing: () => ({ data: failure(503, statuses[503]?.[1] ?? '').body }),
};
