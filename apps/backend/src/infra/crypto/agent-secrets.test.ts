import { expect, test } from '@jest/globals';
import { secretValues, splitConfig } from './agent-secrets.ts';

test('splitConfig leaves no key and no token among the fields that are stored in clear', () => {
  const secrets = { apiKey: 'a', telegramToken: 't', discordBotToken: 'd', whatsappToken: 'w', slackBotToken: 'sb', slackAppToken: 'sa' };
  expect(splitConfig({ ...secrets, model: 'm', ownerIds: ['1'] })).toEqual({ open: { model: 'm', ownerIds: ['1'] }, secrets });
});

test('secretValues are all values that text can be searched for: those of six characters and more', () => {
  expect(secretValues({ apiKey: '123456', telegramToken: '12345', gatewayToken: undefined, walletKey: '0xabcdef' })).toEqual([
    '123456',
    '0xabcdef',
  ]);
});
