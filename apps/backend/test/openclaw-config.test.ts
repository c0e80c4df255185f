import { type Plan, plans } from '@agentbot/contracts';
import { describe, expect, test } from '@jest/globals';
import { type ConfigInput, openclawConfig } from '../src/infra/openclaw/config-builder.ts';
import { configShape } from '../src/infra/openclaw/config-shape.ts';
import { fallbackTargets, modelTarget } from '../src/infra/openclaw/providers.ts';
import { validateInImage } from './openclaw-validators.ts';

/** Generated configurations, checked by the validators of OpenClaw itself. */

/** `pnpm openclaw:try` sets the version. */
const NEWER = process.env.OPENCLAW_VERSION ?? '2026.9.6';

const choices = [
  ...['openrouter', 'gemini', 'groq', 'anthropic', 'openai'].map((aiProvider) => ({ aiProvider, model: 'gpt-4', config: {} })),
  { aiProvider: 'custom', model: 'custom', config: { baseUrl: 'http://10.0.0.1:1234/v1', model: 'own' } },
];
const owners = [[], ['123456789', 'tg:42', '+4915112345678', 'someone@s.whatsapp.net']];
const switches = [true, false];

/** Every combination of provider, channels, owners and plan. */
function* inputs(version: string): Generator<ConfigInput> {
  // Slack is on where Discord is off, which halves the combinations.
  for (const choice of choices)
    for (const telegramToken of switches)
      for (const discordBotToken of switches)
        for (const whatsappToken of switches)
          for (const ownerIds of owners)
            for (const plan of Object.keys(plans) as Plan[])
              yield {
                version,
                plan,
                modelGateway: 'http://models.agentbot.internal:10100',
                target: modelTarget(choice, {} as never),
                fallbacks: fallbackTargets(choice, {} as never, () => true),
                has: {
                  apiKey: true,
                  telegramToken,
                  discordBotToken,
                  whatsappToken,
                  slackBotToken: !discordBotToken,
                  slackAppToken: !discordBotToken,
                },
                ownerIds,
                skills: { weather: true, 'coding-agent': false },
                origin: 'http://agent_1.agents.localhost:10000',
              };
}

const base = [...inputs('2026.3.13')].at(0) as ConfigInput;

/** The inputs that differ from the first in one part: target, channels with owners, or plan. The newer validator is slow. */
function withOneDifference(all: ConfigInput[]): ConfigInput[] {
  const [first] = all;
  const likeFirst = (input: ConfigInput, part: keyof ConfigInput) => JSON.stringify(input[part]) === JSON.stringify(first?.[part]);
  const differing = (input: ConfigInput) =>
    [['target'], ['has', 'ownerIds'], ['plan']].filter((parts) => parts.some((part) => !likeFirst(input, part as keyof ConfigInput)));
  return all.filter((input) => differing(input).length < 2);
}

describe.each([
  ['2026.3.13', 6 * 8 * 2 * 4, [...inputs('2026.3.13')]],
  [NEWER, 6 + 15 + 3, withOneDifference([...inputs(NEWER)])],
])('OpenClaw %s', (version, count, built) => {
  test('accepts every configuration of openclawConfig and refuses an unknown field', async () => {
    const configs = built.map(openclawConfig);
    expect(configs).toHaveLength(count);
    const refused = await validateInImage(`agentbot/openclaw:${version}`, [...configs, { ...configs[0], nonsense: true }]);
    expect(refused.pop()?.join()).toMatch(/nonsense/);
    const problems = refused.flatMap((issues, index) => (issues.length ? [{ issues, config: configs[index] }] : []));
    expect(problems.slice(0, 3)).toEqual([]);
  });
});

test('2026.3.13 and the newer version each refuse the channel settings of the other', async () => {
  const [older, newer] = ['2026.3.13', NEWER].map((version) => openclawConfig({ ...base, version }));
  expect(await validateInImage('agentbot/openclaw:2026.3.13', [newer as object])).toEqual([[expect.stringMatching(/streaming/)]]);
  expect((await validateInImage(`agentbot/openclaw:${NEWER}`, [older as object])).flat().join()).toMatch(/heartbeat|streaming|retry/);
});

test('openclawConfig sets meta.lastTouchedVersion for a release and omits it for an unknown version', () => {
  expect(openclawConfig({ ...base, version: '2026.9.6' }).meta).toEqual({ lastTouchedVersion: '2026.9.6' });
  expect(openclawConfig({ ...base, version: 'unknown' })).not.toHaveProperty('meta');
});

describe('configShape', () => {
  test.each<[string, Partial<ConfigInput>]>([
    ['address', { origin: 'https://another.example' }],
    ['owners', { ownerIds: ['7', '8'] }],
    ['skills', { skills: { other: false } }],
    ['address of a model', { target: { ...base.target, baseUrl: 'https://another.example/v1' } }],
  ])('is the same for agents that differ in %s', (_field, change) => {
    const owned = { ...base, ownerIds: ['1'] };
    expect(configShape({ ...owned, ...change })).toBe(configShape(owned));
  });
  test.each<[string, Partial<ConfigInput>]>([
    ['version', { version: '2026.9.6' }],
    ['plan', { plan: 'network' }],
    ['channels', { has: { telegramToken: true } }],
    ['having owners', { ownerIds: ['1'] }],
    ['provider', { target: { ...base.target, gatewayName: 'other' } }],
    // Some versions refuse a model: 2026.9.6 refuses google/gemini-2.0-flash.
    ['model', { target: { ...base.target, model: 'another' } }],
  ])('differs for agents that differ in %s', (_field, change) => {
    expect(configShape({ ...base, ...change })).not.toBe(configShape(base));
  });
});
