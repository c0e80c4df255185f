import { describe, expect, test } from '@jest/globals';
import { readAgentConfig, readCustomEndpoint, readSkillSwitches } from './agent-config.ts';

describe('readAgentConfig', () => {
  test.each<[string, object]>([
    ['that is empty', {}],
    [
      'with every key',
      {
        plan: 'collective',
        aiProvider: 'groq',
        baseUrl: 'https://models.example/v1',
        model: 'm',
        ownerIds: ['42'],
        allowedDomains: ['example.com'],
        cloneable: true,
      },
    ],
    ['whose model a request may not name any more', { model: 'a ${b}' }],
    ['with a key that this version does not know', { voice: { name: 'x' } }],
  ])('reads a configuration %s whole', (_shape, config) => {
    expect(readAgentConfig({ id: 'agent_1', config })).toEqual(config);
  });

  test.each<[unknown, string]>([
    [{ plan: 'platinum' }, 'config.plan (invalid_value)'],
    [{ aiProvider: 'none' }, 'config.aiProvider (invalid_value)'],
    [{ ownerIds: '42' }, 'config.ownerIds (invalid_type)'],
    [{ ownerIds: [42] }, 'config.ownerIds.0 (invalid_type)'],
    [{ allowedDomains: {} }, 'config.allowedDomains (invalid_type)'],
    [{ cloneable: 'yes' }, 'config.cloneable (invalid_type)'],
    [{ baseUrl: null }, 'config.baseUrl (invalid_type)'],
    [{ model: null }, 'config.model (invalid_type)'],
    ['', 'config (invalid_type)'],
  ])('refuses %j', (config, field) => {
    expect(() => readAgentConfig({ id: 'agent_1', config })).toThrow(`The column config of agent agent_1 cannot be read: ${field}`);
  });
});

test('readCustomEndpoint refuses a configuration without address or model', () => {
  const whole = { baseUrl: 'https://models.example/v1', model: 'm' };
  expect(readCustomEndpoint({ config: whole })).toEqual(whole);
  expect(() => readCustomEndpoint({ config: { model: 'm' } })).toThrow('The column config of an agent cannot be read: config.baseUrl');
  expect(() => readCustomEndpoint({ config: { baseUrl: 'x' } })).toThrow('config.model (invalid_type)');
});

test('readSkillSwitches reads booleans by key and refuses anything else', () => {
  const switches = { weather: false, github: true };
  expect(readSkillSwitches({ skillSwitches: switches })).toEqual(switches);
  expect(() => readSkillSwitches({ id: 'agent_1', skillSwitches: { weather: 'off' } })).toThrow(
    'The column skillSwitches of agent agent_1 cannot be read: skillSwitches.weather (invalid_type)',
  );
});
