import { describe, expect, test } from '@jest/globals';
import { configDifferences } from './config-differences.ts';

// The forms of the reports are those of `config.get` on OpenClaw 2026.3.13 and 2026.9.6.
describe('configDifferences', () => {
  test('names each setting with another value by its dotted path', () => {
    const built = { tools: { profile: 'coding', deny: ['browser'] }, skills: { entries: { github: { enabled: false } } } };
    const reported = { tools: { profile: 'messaging', deny: ['browser'] }, skills: { entries: { github: { enabled: true } } } };
    expect(configDifferences(built, reported)).toEqual(['tools.profile', 'skills.entries.github.enabled']);
  });

  test('names a setting that the report lacks', () => {
    expect(configDifferences({ update: { checkOnStart: false } }, {})).toEqual(['update.checkOnStart']);
    expect(configDifferences({ update: { checkOnStart: false } }, undefined)).toEqual(['update.checkOnStart']);
  });

  test('ignores defaults that the gateway adds, also to the objects of a list', () => {
    const built = { models: { providers: { custom: { models: [{ id: 'echo-1' }] } } } };
    const reported = { models: { providers: { custom: { models: [{ id: 'echo-1', reasoning: false }] } } }, commands: { native: 'auto' } };
    expect(configDifferences(built, reported)).toEqual([]);
  });

  test('names the entry of a list that differs, and a list of another length', () => {
    const built = { tools: { deny: ['browser', 'canvas'] } };
    expect(configDifferences(built, { tools: { deny: ['browser', 'cron'] } })).toEqual(['tools.deny.1']);
    expect(configDifferences(built, { tools: { deny: ['browser'] } })).toEqual(['tools.deny']);
    expect(configDifferences(built, { tools: { deny: [...built.tools.deny, 'cron'] } })).toEqual(['tools.deny']);
  });

  test('plugins.allow may have more plugins: OpenClaw allows WhatsApp by itself while its credentials are there', () => {
    const built = { plugins: { allow: ['memory-core', 'telegram'] } };
    expect(configDifferences(built, { plugins: { allow: ['memory-core', 'telegram', 'whatsapp'] } })).toEqual([]);
    expect(configDifferences(built, { plugins: { allow: ['memory-core', 'whatsapp'] } })).toEqual(['plugins.allow']);
  });

  test('an empty object needs no counterpart, an empty list does', () => {
    expect(configDifferences({ skills: { entries: {} } }, {})).toEqual([]);
    expect(configDifferences({ model: { fallbacks: [] } }, { model: {} })).toEqual(['model.fallbacks']);
  });

  test('accepts a reference to a variable as it is, resolved or redacted, and not missing', () => {
    const built = { gateway: { auth: { token: '${OPENCLAW_GATEWAY_TOKEN}' } } };
    for (const token of ['${OPENCLAW_GATEWAY_TOKEN}', 'resolved', '__OPENCLAW_REDACTED__']) {
      expect(configDifferences(built, { gateway: { auth: { token } } })).toEqual([]);
    }
    expect(configDifferences(built, { gateway: { auth: {} } })).toEqual(['gateway.auth.token']);
  });

  test('accepts a redacted reference to a secret', () => {
    const apiKey = { source: 'env', provider: 'default', id: 'AGENT_MODEL_API_KEY' };
    expect(configDifferences({ custom: { apiKey } }, { custom: { apiKey: '__OPENCLAW_REDACTED__' } })).toEqual([]);
    expect(configDifferences({ custom: { apiKey } }, { custom: { apiKey: { ...apiKey, id: 'OTHER' } } })).toEqual(['custom.apiKey.id']);
  });

  test('ignores meta, which the gateway writes', () => {
    expect(configDifferences({ meta: { lastTouchedVersion: '2026.3.13' } }, { meta: { lastTouchedVersion: '2026.9.6' } })).toEqual([]);
  });
});
