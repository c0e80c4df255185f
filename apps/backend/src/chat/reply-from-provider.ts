import { AppError } from '@agentbot/contracts';
import { createAnthropic } from '@ai-sdk/anthropic';
import { createGoogleGenerativeAI } from '@ai-sdk/google';
import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import { APICallError, type LanguageModel, streamText } from 'ai';
import { promptOf } from '../clone/specializations.ts';
import type { Context } from '../context.ts';
import type { Agent } from '../generated/prisma/client.ts';
import { fromThisMachine } from '../openclaw/model-endpoint.ts';
import { type ModelTarget, modelTarget } from '../openclaw/providers.ts';
import { readAgentSecrets } from '../secrets/agent-secrets.ts';
import type { Question } from './reply-from-container.ts';

const HISTORY = 40;
const TIMEOUT_MS = 120_000;

function languageModel(target: ModelTarget, apiKey: string): LanguageModel {
  const baseURL = fromThisMachine(target.baseUrl);
  switch (target.api) {
    case 'anthropic-messages':
      return createAnthropic({ apiKey, baseURL: baseURL.endsWith('/v1') ? baseURL : `${baseURL}/v1` })(target.model);
    case 'google-generative-ai':
      return createGoogleGenerativeAI({ apiKey, baseURL })(target.model);
    case 'openai-completions':
      return createOpenAICompatible({ name: target.gatewayName, apiKey, baseURL })(target.model);
  }
}

/**
 * Answers for an agent that has no container: the backend calls the agent's own model provider with the session so far.
 * @returns the model's words
 * @throws AppError OPERATION_FAILED with the provider's reason
 */
export async function replyFromProvider(
  context: Context,
  agent: Agent,
  { sessionId, onText }: Pick<Question, 'sessionId' | 'onText'>,
): Promise<string> {
  const { database, envelope, config } = context;
  const { history, secrets } = await database.as('service', async (tx) => ({
    history: await tx.message.findMany({ where: { sessionId }, orderBy: { seq: 'desc' }, take: HISTORY }),
    secrets: await readAgentSecrets(tx, envelope, agent.id),
  }));
  try {
    let failure: unknown;
    const system = promptOf(agent.specialization);
    const { textStream } = streamText({
      model: languageModel(modelTarget(agent, config), secrets.apiKey ?? ''),
      ...(system && { system }),
      messages: history
        .reverse()
        .map(({ sender, content }) => ({ role: sender === 'user' ? ('user' as const) : ('assistant' as const), content })),
      abortSignal: AbortSignal.any([AbortSignal.timeout(TIMEOUT_MS), context.closing]),
      maxRetries: 1,
      onError: ({ error }) => {
        failure = error;
      },
    });
    let words = '';
    for await (const more of textStream) {
      words += more;
      onText(words);
    }
    if (failure) throw failure;
    return words;
  } catch (error) {
    const reason = APICallError.isInstance(error) ? `${error.statusCode ?? 'no answer'}: ${error.message}` : 'it did not answer';
    throw new AppError('OPERATION_FAILED', `The model provider failed (${reason.slice(0, 300)})`, { cause: error });
  }
}
