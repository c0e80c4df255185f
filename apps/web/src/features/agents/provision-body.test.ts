import { expect, test } from '@jest/globals';
import { provisionBody, testBody } from './provision-body.ts';

const body = (fields: Record<string, string>) => {
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) form.set(name, value);
  return JSON.parse(JSON.stringify(provisionBody(form)));
};

test('provisionBody sends the filled fields, each under its own name', () => {
  expect(
    body({
      name: ' A ',
      model: 'gpt-4',
      plan: 'collective',
      apiKey: 'k',
      telegramToken: 't',
      discordBotToken: 'd',
      slackBotToken: 'xoxb-s',
      slackAppToken: 'xapp-s',
      slackOwnerId: ' U1 ',
      whatsappToken: 'w',
      openclawVersion: '2026.8.2',
      baseUrl: '',
    }),
  ).toEqual({
    name: 'A',
    model: 'gpt-4',
    plan: 'collective',
    config: {
      apiKey: 'k',
      telegramToken: 't',
      discordBotToken: 'd',
      whatsappToken: 'w',
      slackBotToken: 'xoxb-s',
      slackAppToken: 'xapp-s',
      ownerIds: ['U1'],
      openclawVersion: '2026.8.2',
    },
  });
});

test('provisionBody sends an endpoint and its model for the custom model alone', () => {
  const endpoint = { name: 'A', baseUrl: 'http://127.0.0.1/v1', modelId: 'llama' };
  expect(body({ ...endpoint, model: 'custom' }).config).toEqual({ baseUrl: 'http://127.0.0.1/v1', model: 'llama' });
  expect(body({ ...endpoint, model: 'gpt-4' }).config).toEqual({});
});

test('testBody sends the model, its endpoint and its key, and no other secret', () => {
  const form = new FormData();
  const fields = {
    name: 'A',
    model: 'custom',
    baseUrl: 'https://m.example/v1',
    modelId: 'llama',
    apiKey: 'k',
    telegramToken: 't',
    plan: 'collective',
  };
  for (const [name, value] of Object.entries(fields)) form.set(name, value);
  expect(JSON.parse(JSON.stringify(testBody(form)))).toEqual({
    model: 'custom',
    config: { baseUrl: 'https://m.example/v1', model: 'llama', apiKey: 'k' },
  });
});
