import { keyHeaders } from '../../infra/openclaw/key-headers.ts';
import type { ModelTarget } from '../../infra/openclaw/providers.ts';
import type { TokenUsage } from './token-usage.ts';

type Json = Record<string, unknown>;

/** What the model gateway reads from a request. */
export interface ModelRequest {
  model: string;
  stream: boolean;
  /** The most output tokens that the request allows; undefined when it names no limit. */
  maxOutput: number | undefined;
  /** Whether the provider may answer with another model than `model`. */
  namesOtherModels: boolean;
  /** Pictures cost tokens that the size of the request does not bound. */
  pictures: number;
  /** What else costs more than the tokens that the size of the request bounds; undefined for nothing. */
  extra: string | undefined;
}

/** What one message of a response, or one event of its stream, tells. Figures replace those of earlier events. */
export interface ResponsePart {
  text: string;
  usage: Partial<TokenUsage>;
  /** Whether the figures are those of the whole call. */
  isFinal: boolean;
  /** The whole cost of the call in dollars, when the provider tells it. */
  costUsd?: number;
}

/** The requests and responses of one provider API, as far as the model gateway must understand them. */
export interface ModelDialect {
  /** Reads a request. @param path below the provider's base URL @returns undefined for a path that the gateway does not serve */
  read(path: string, body: Json): ModelRequest | undefined;
  /** The request's body with a limit of output tokens, and with what makes the provider tell the usage. */
  write(body: Json, request: ModelRequest, provider: ModelTarget['provider'], maxOutput: number | undefined): Json;
  /** The header that carries the provider's key. */
  keyHeader(key: string): Record<string, string>;
  /** The body of an error, in the form of the provider's own. */
  error(status: number, code: string, message: string): Json;
  /** Reads one JSON text of a response. */
  part(json: Json): ResponsePart;
}

const object = (value: unknown): Json => (typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Json) : {});
const list = (value: unknown): unknown[] => (Array.isArray(value) ? value : []);
const count = (value: unknown): number | undefined => (Number.isSafeInteger(value) && Number(value) >= 0 ? Number(value) : undefined);
const text = (value: unknown): string => (typeof value === 'string' ? value : '');

/** Copies the fields that are known. */
function known<T extends object>(fields: T): Partial<{ [K in keyof T]: Exclude<T[K], undefined> }> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as never;
}

/** The type of a tool that the provider runs itself; undefined when the agent runs all tools. */
const serverTool = (tools: unknown, isOwn: (tool: Json) => boolean): string | undefined => {
  const found = list(tools)
    .map(object)
    .find((tool) => !isOwn(tool));
  return found && `the tool ${text(found.type) || Object.keys(found)[0] || ''}`;
};
const named = (body: Json, fields: string[]): string | undefined => {
  const found = fields.find((field) => body[field] !== undefined && body[field] !== null);
  return found && `the field ${found}`;
};
/** A tier of service other than the usual one costs more. */
const isUsualTier = (tier: unknown) =>
  tier === undefined || tier === null || ['auto', 'default', 'standard', 'standard_only', 'flex'].includes(text(tier));
/** Why the size of a part of a message does not bound its tokens; undefined for text, sound and pictures. */
function unbounded(part: Json): string | undefined {
  const { image_url, source, inlineData, inline_data } = part;
  const media = text(object(source).media_type) || text(object(inlineData).mimeType) || text(object(inline_data).mime_type);
  const address = text(object(image_url).url) || text(image_url);
  const isElsewhere = /^https?:/i.test(address) || /^(url|file)$/.test(text(object(source).type)) || part.fileData || part.file_data;
  if (isElsewhere) return 'a file at an address';
  const isDocument = part.type === 'file' || part.type === 'document' || (media && !/^(image|audio|text)\//.test(media));
  return isDocument ? 'a document' : undefined;
}
const isPicture = (part: Json): boolean =>
  /^(image_url|image)$/.test(text(part.type)) || /^image\//.test(text(object(part.inlineData ?? part.inline_data).mimeType));

/** All parts of the messages, those of tool results included. */
function partsOf(messages: unknown, content: string): Json[] {
  const within = (parts: unknown): Json[] => list(parts).flatMap((part) => [object(part), ...within(object(part)[content])]);
  return list(messages).flatMap((message) => within(object(message)[content]));
}
function contentOf(messages: unknown, content: string): Pick<ModelRequest, 'pictures' | 'extra'> {
  const parts = partsOf(messages, content);
  return { pictures: parts.filter(isPicture).length, extra: parts.map(unbounded).find(Boolean) };
}

/** The fields of chat completions that limit the output, the newer one first. */
const outputFields = ['max_completion_tokens', 'max_tokens'] as const;

/** The field that limits the output at a provider. An owner's own endpoint may not know the newer name. */
export const outputField = (provider: ModelTarget['provider']) =>
  provider === 'openai' || provider === 'groq' ? ('max_completion_tokens' as const) : ('max_tokens' as const);

/** Chat completions of OpenAI and of all who offer the same. @see https://platform.openai.com/docs/api-reference/chat */
const openai: ModelDialect = {
  read(path, body) {
    if (path !== '/chat/completions') return undefined;
    const { pictures, extra } = contentOf(body.messages, 'content');
    return {
      model: text(body.model),
      stream: body.stream === true,
      maxOutput: count(body.max_completion_tokens) ?? count(body.max_tokens),
      namesOtherModels: named(body, ['models', 'route']) !== undefined,
      pictures,
      extra:
        serverTool(body.tools, ({ type }) => type === 'function' || type === 'custom') ??
        named(body, ['plugins', 'web_search_options', 'audio', 'prediction']) ??
        ((count(body.n) ?? 1) > 1 ? 'more than one answer' : undefined) ??
        (isUsualTier(body.service_tier) ? undefined : 'the service tier') ??
        extra,
    };
  },
  write(body, { stream }, provider, maxOutput) {
    const field = outputFields.find((name) => count(body[name]) !== undefined) ?? outputField(provider);
    // With both fields, a server may take the other one.
    const limited = maxOutput !== undefined && { ...Object.fromEntries(outputFields.map((name) => [name, undefined])), [field]: maxOutput };
    return {
      ...body,
      ...limited,
      ...(stream && { stream_options: { ...object(body.stream_options), include_usage: true } }),
    };
  },
  keyHeader: keyHeaders['openai-completions'],
  error: (_status, code, message) => ({
    error: { message, type: 'invalid_request_error', param: null, code },
  }),
  part(json) {
    const usage = object(json.usage);
    const details = object(usage.prompt_tokens_details);
    const { is_byok, cost_details } = usage;
    const cost = typeof usage.cost === 'number' && usage.cost >= 0 ? usage.cost : undefined;
    // With a key of the owner's own at the provider behind OpenRouter, `cost` is OpenRouter's fee alone.
    const upstream = is_byok === true ? Number(object(cost_details).upstream_inference_cost ?? 0) : 0;
    const choices = list(json.choices).map(object);
    return {
      text: choices
        .flatMap((choice) => [object(choice.delta), object(choice.message)])
        .map((message) => `${text(message.content)}${text(message.reasoning)}${text(message.reasoning_content)}${toolArguments(message)}`)
        .join(''),
      usage: known({
        input: count(usage.prompt_tokens),
        cached: count(details.cached_tokens),
        cacheWrite: count(details.cache_write_tokens),
        output: count(usage.completion_tokens),
        reasoning: count(object(usage.completion_tokens_details).reasoning_tokens),
      }),
      isFinal: count(usage.prompt_tokens) !== undefined,
      ...(cost !== undefined && { costUsd: cost + upstream }),
    };
  },
};
const toolArguments = (message: Json): string =>
  list(message.tool_calls)
    .map((call) => object(object(call).function))
    .map((called) => `${text(called.name)}${text(called.arguments)}`)
    .join('');

/** Anthropic's Messages API. @see https://docs.anthropic.com/en/api/messages */
const anthropic: ModelDialect = {
  read(path, body) {
    if (path !== '/v1/messages') return undefined;
    const { pictures, extra } = contentOf(body.messages, 'content');
    return {
      model: text(body.model),
      stream: body.stream === true,
      maxOutput: count(body.max_tokens),
      namesOtherModels: false,
      pictures,
      extra:
        serverTool(body.tools, ({ type }) => type === undefined || type === 'custom') ??
        named(body, ['mcp_servers', 'container', 'speed']) ??
        (isUsualTier(body.service_tier) ? undefined : 'the service tier') ??
        extra,
    };
  },
  write: (body, _request, _provider, maxOutput) => ({ ...body, ...(maxOutput !== undefined && { max_tokens: maxOutput }) }),
  keyHeader: keyHeaders['anthropic-messages'],
  error: (status, _code, message) => ({
    type: 'error',
    error: { type: status === 401 ? 'authentication_error' : 'invalid_request_error', message },
  }),
  part(json) {
    const message = object(json.message);
    const usage = { ...object(message.usage), ...object(json.usage) };
    const [fresh, read, written] = [
      count(usage.input_tokens),
      count(usage.cache_read_input_tokens),
      count(usage.cache_creation_input_tokens),
    ];
    const delta = object(json.delta);
    return {
      text: `${text(delta.text)}${text(delta.thinking)}${text(delta.partial_json)}${list(json.content)
        .map((block) => text(object(block).text))
        .join('')}`,
      usage: known({
        // `input_tokens` leaves out the tokens of the cache.
        input: fresh === undefined ? undefined : fresh + (read ?? 0) + (written ?? 0),
        cached: fresh === undefined ? undefined : (read ?? 0),
        cacheWrite: fresh === undefined ? undefined : (written ?? 0),
        cacheWriteHour: count(object(usage.cache_creation).ephemeral_1h_input_tokens),
        output: count(usage.output_tokens),
      }),
      // The figures of `message_start` are those of the beginning.
      isFinal: count(object(json.usage).output_tokens) !== undefined,
    };
  },
};

const GEMINI_PATH = /^\/models\/([^/:]+):(generateContent|streamGenerateContent)$/;

/** Google's generateContent. @see https://ai.google.dev/api/generate-content */
const google: ModelDialect = {
  read(path, body) {
    const [, model, method] = GEMINI_PATH.exec(path) ?? [];
    if (!model) return undefined;
    const generation = object(body.generationConfig);
    const { pictures, extra } = contentOf([...list(body.contents), body.systemInstruction, body.system_instruction], 'parts');
    return {
      model: decodeURIComponent(model),
      stream: method === 'streamGenerateContent',
      maxOutput: count(generation.maxOutputTokens),
      namesOtherModels: false,
      pictures,
      extra:
        serverTool(body.tools, (tool) => Object.keys(tool).every((name) => /^function_?declarations$/i.test(name))) ??
        // Google reads both spellings of a field; OpenClaw and this gateway use one.
        named(body, ['cachedContent', 'cached_content', 'generation_config', 'service_tier']) ??
        named(generation, ['candidate_count', 'max_output_tokens']) ??
        ((count(generation.candidateCount) ?? 1) > 1 ? 'more than one answer' : undefined) ??
        (isUsualTier(body.serviceTier) ? undefined : 'the service tier') ??
        extra,
    };
  },
  write: (body, _request, _provider, maxOutput) =>
    maxOutput === undefined ? body : { ...body, generationConfig: { ...object(body.generationConfig), maxOutputTokens: maxOutput } },
  keyHeader: keyHeaders['google-generative-ai'],
  error: (status, _code, message) => ({
    error: { code: status, message, status: status === 401 ? 'UNAUTHENTICATED' : 'FAILED_PRECONDITION' },
  }),
  part(json) {
    const usage = object(json.usageMetadata);
    const prompt = count(usage.promptTokenCount);
    const thoughts = count(usage.thoughtsTokenCount);
    const answer = count(usage.candidatesTokenCount);
    const parts = list(json.candidates).flatMap((candidate) => list(object(object(candidate).content).parts).map(object));
    return {
      text: parts.map((part) => `${text(part.text)}${part.functionCall ? JSON.stringify(part.functionCall) : ''}`).join(''),
      usage: known({
        input: prompt === undefined ? undefined : prompt + (count(usage.toolUsePromptTokenCount) ?? 0),
        cached: count(usage.cachedContentTokenCount),
        output: answer === undefined && thoughts === undefined ? undefined : (answer ?? 0) + (thoughts ?? 0),
        reasoning: thoughts,
      }),
      isFinal: prompt !== undefined && list(json.candidates).some((candidate) => object(candidate).finishReason),
    };
  },
};

/** The dialect of each protocol. */
export const modelDialects: Record<ModelTarget['api'], ModelDialect> = {
  'openai-completions': openai,
  'anthropic-messages': anthropic,
  'google-generative-ai': google,
};
