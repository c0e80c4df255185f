import type { Input } from '@agentbot/contracts/client';

type Body = Input<'provisionAgent'>['body'];
type TestBody = Input<'testNewModel'>['body'];

/** Builds the request from the form. Empty fields are left out. */
export function provisionBody(form: FormData): Body {
  const text = (key: string) => String(form.get(key) ?? '').trim() || undefined;
  const model = text('model') as Body['model'];
  const slackOwnerId = text('slackOwnerId');
  return {
    name: text('name') ?? '',
    model,
    plan: text('plan') as Body['plan'],
    instructions: text('instructions'),
    config: {
      ...(model === 'custom' && { baseUrl: text('baseUrl'), model: text('modelId') }),
      apiKey: text('apiKey'),
      telegramToken: text('telegramToken'),
      discordBotToken: text('discordBotToken'),
      whatsappToken: text('whatsappToken'),
      slackBotToken: text('slackBotToken'),
      slackAppToken: text('slackAppToken'),
      ownerIds: slackOwnerId ? [slackOwnerId] : undefined,
      openclawVersion: text('openclawVersion'),
    },
  };
}

/** Builds the request that tests the form's model with the form's key. */
export function testBody(form: FormData): TestBody {
  const { model, config: { aiProvider, baseUrl, model: modelId, apiKey } = {} } = provisionBody(form);
  return { model, config: { aiProvider, baseUrl, model: modelId, apiKey } };
}
