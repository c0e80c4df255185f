import { canary } from '@agentbot/test-doubles/canaries';
import { startModelProvider } from '@agentbot/test-doubles/model-provider';
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { startBackendWithDocker, type TestBackend } from './backend.ts';

/** Real gateways with models of Anthropic, Google and Groq, and their fallback models of OpenAI and OpenRouter when these fail. */

const keys = {
  anthropic: canary('anthropic-key-'),
  openai: canary('openai-key-'),
  gemini: canary('gemini-key-'),
  groq: canary('groq-key-'),
  openrouter: canary('openrouter-key-'),
};
let model: Awaited<ReturnType<typeof startModelProvider>>;
let backend: TestBackend;
let owner: string;

beforeAll(async () => {
  model = await startModelProvider({ apiKeys: keys });
  backend = await startBackendWithDocker('models', {
    ...model.settings('host.docker.internal'),
  });
  owner = await backend.account();
});
afterEach(() => model.setBehaviour({ failures: {} }));
afterAll(async () => {
  await backend?.stop();
  await model?.close();
});

/** An agent whose own model and fallback model are the contract's; the statuses make the gateway use the fallback. */
test.each([
  ['anthropic', 'claude-sonnet-4-5', 'openai', 'gpt-4o', 529],
  ['gemini', 'gemini-2.0-flash', 'openrouter', 'anthropic/claude-sonnet-4.5', 429],
  ['groq', 'llama-3.3-70b-versatile', 'openai', 'gpt-4o-mini', 503],
] as const)(
  'an agent of %s answers with %s, and with the fallback of %s when its own model fails',
  async (aiProvider, own, fallbackProvider, fallback, failure) => {
    const settings = { aiProvider, apiKey: keys[aiProvider], plan: 'network' };
    const { body } = await backend.machine(owner, 'POST', '/api/agents', { name: 'Modelled', config: settings });
    const credential = { action: 'set-credential', agentId: body.id, key: fallbackProvider, value: keys[fallbackProvider] };
    expect((await backend.as(owner, 'POST', '/api/agent', credential)).body).toMatchObject({ success: true, configured: true });
    expect((await backend.machine(owner, 'POST', `/api/agents/${body.id}/start`)).body).toMatchObject({ success: true });
    const say = async (message: string) => (await backend.as(owner, 'POST', '/api/chat', { message, agentId: body.id })).body.reply;
    const received = (words: string) =>
      model.requests.filter((each) => each.words === words).map((each) => [each.provider, each.model, each.key, each.status]);

    const first = `First words to ${aiProvider}`;
    expect(await say(first)).toBe(`You said: ${first}`);
    expect(received(first)).toEqual([[aiProvider, own, keys[aiProvider], 200]]);

    model.setBehaviour({ failures: { [own]: failure } });
    const second = `Second words to ${aiProvider}`;
    expect(await say(second)).toBe(`You said: ${second}`);
    const attempts = received(second);
    expect(attempts[0]).toEqual([aiProvider, own, keys[aiProvider], failure]);
    expect(attempts.at(-1)).toEqual([fallbackProvider, fallback, keys[fallbackProvider], 200]);
  },
);
