import { canary } from '@agentbot/test-doubles/canaries';
import { startModelProvider } from '@agentbot/test-doubles/model-provider';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { startBackendWithDocker, type TestBackend } from './backend.ts';

/** Real gateways with models of Anthropic and Google. */

const keys = {
  anthropic: canary('anthropic-key-'),
  gemini: canary('gemini-key-'),
};
let model: Awaited<ReturnType<typeof startModelProvider>>;
let backend: TestBackend;
let owner: string;

beforeAll(async () => {
  model = await startModelProvider({ apiKeys: keys });
  const host = `http://host.docker.internal:${model.port}`;
  backend = await startBackendWithDocker('models', {
    ANTHROPIC_BASE_URL: host,
    GEMINI_BASE_URL: `${host}/v1beta`,
  });
  owner = await backend.account();
}, 120_000);
afterAll(async () => {
  await backend?.stop();
  await model?.close();
});

test.each([
  ['anthropic', 'claude-sonnet-4-5'],
  ['gemini', 'gemini-2.0-flash'],
] as const)(
  'an agent of %s answers with %s in its provider’s own protocol',
  async (aiProvider, own) => {
    const settings = { aiProvider, apiKey: keys[aiProvider], plan: 'network' };
    const { body } = await backend.machine(owner, 'POST', '/api/agents', { name: 'Modelled', config: settings });
    expect((await backend.machine(owner, 'POST', `/api/agents/${body.id}/start`)).body).toMatchObject({ success: true });
    const words = `Words to ${aiProvider}`;
    const { reply } = (await backend.as(owner, 'POST', '/api/chat', { message: words, agentId: body.id })).body;
    expect(reply).toBe(`You said: ${words}`);
    const received = model.requests.filter((each) => each.words === words);
    expect(received.map((each) => [each.provider, each.model, each.key, each.status])).toEqual([[aiProvider, own, keys[aiProvider], 200]]);
  },
  180_000,
);
