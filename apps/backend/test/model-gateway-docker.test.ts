import { setTimeout as sleep } from 'node:timers/promises';
import { canary, findInClear } from '@agentbot/test-doubles/canaries';
import { startModelProvider } from '@agentbot/test-doubles/model-provider';
import { pollUntil } from '@agentbot/test-doubles/poll-until';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { startBackendWithDocker, type TestBackend } from './backend.ts';
import { containersOn } from './containers.ts';

/** Real containers that call their model through the model gateway. */

const KEY = canary('model-key-');
const { container, shell } = containersOn();
let model: Awaited<ReturnType<typeof startModelProvider>>;
let backend: TestBackend;
let owner: string;

beforeAll(async () => {
  model = await startModelProvider({ apiKey: KEY });
  backend = await startBackendWithDocker('gateway');
  owner = await backend.account();
});
afterAll(async () => {
  await backend?.stop();
  await model?.close();
});

describe.each(['2026.3.13', '2026.9.6'])('a container with OpenClaw %s', (version) => {
  let id: string;
  const say = (message: string) => backend.as(owner, 'POST', '/api/chat', { message, agentId: id });
  beforeAll(async () => {
    const config = {
      baseUrl: `http://host.docker.internal:${model.port}/v1`,
      model: 'echo-1',
      apiKey: KEY,
      plan: 'network',
      openclawVersion: version,
    };
    const { body } = await backend.as(owner, 'POST', '/api/agents/provision', { name: 'Gated', model: 'custom', config });
    id = body.agent.id;
    await backend.settled(id);
  });

  test('answers, its calls are booked, and the provider’s key is nowhere in it', async () => {
    const { body } = await say('Good morning');
    expect(body.reply).toBe('You said: Good morning');
    expect(model.requests.at(-1)?.key).toBe(KEY);
    const { models } = (await backend.as(owner, 'GET', `/api/agents/${id}/usage`)).body;
    expect(models).toEqual([expect.objectContaining({ provider: 'custom', model: 'echo-1', unpricedRequests: models[0].requests })]);
    expect(models[0].outputTokens).toBeGreaterThanOrEqual(4);

    const inside = await shell(
      id,
      'env; cat /proc/*/environ /proc/*/cmdline 2> /dev/null; find /home/node/.openclaw /tmp -type f -size -2000k -exec cat {} +',
    );
    const logs = (await container(id).logs({ stdout: true, stderr: true })).toString('latin1');
    expect(findInClear({ inside, inspect: JSON.stringify(await container(id).inspect()), logs })).toEqual([]);
    expect(inside).toContain('AGENT_MODEL_API_KEY=avk_');
    // The files were read.
    expect(inside).toContain('models.agentbot.internal');
  });

  test('a shell in it gets its own model, and nothing else of the backend', async () => {
    const call = (path: string, body: string) =>
      shell(
        id,
        `node -e 'fetch("http://models.agentbot.internal:${backend.modelGatewayPort}${path}", { method: "POST", headers: { authorization: "Bearer " + process.env.AGENT_MODEL_API_KEY }, body: process.argv[1] }).then(async (answer) => console.log(String(answer.status), await answer.text()))' '${body}'`,
      );
    const messages = '"messages": [{ "role": "user", "content": "Hello" }]';
    expect(await call('/custom/chat/completions', `{ "model": "echo-1", ${messages} }`)).toMatch(/^200 .*You said: Hello/);
    expect(await call('/custom/chat/completions', `{ "model": "echo-2", ${messages} }`)).toMatch(/^404 .*only its own models/);
    for (const path of ['/openai/chat/completions', '/api/agents', '/health', '/metrics']) expect(await call(path, '{}')).toMatch(/^404 /);
  });

  test('says plainly that the budget is spent, and goes on when it is raised', async () => {
    const set = (budget: object) => backend.as(owner, 'PUT', `/api/agents/${id}/budget`, budget);
    // What an agent may call is cached for two seconds, its price too.
    await set({ price: { inputUsd: 1, outputUsd: 1 } });
    await sleep(2_100);
    await set({ dailyUsd: 0 });
    const before = model.requests.length;
    const refused = await say('What does this cost?');
    expect(refused).toMatchObject({ status: 500, body: { kind: 'budget' } });
    expect(refused.body.error).toMatch(/^This agent's budget for today is spent\. It begins again at midnight UTC/);
    expect(model.requests).toHaveLength(before);
    await set({ dailyUsd: 100 });
    await pollUntil('the agent answers again', async () => (await say('And now?')).body.reply === 'You said: And now?', {
      seconds: 60,
      everyMs: 1_000,
    });
  });

  test('a new key works without a restart', async () => {
    const startedAt = (await container(id).inspect()).State.StartedAt;
    const rotated = canary('rotated-key-');
    const stored = await backend.as(owner, 'PUT', `/api/agents/${id}/config`, { apiKey: rotated });
    expect(stored.status).toBe(200);
    await pollUntil(
      'the gateway uses the new key',
      async () => {
        await say('Which key?');
        return model.requests.at(-1)?.key === rotated;
      },
      { seconds: 30, everyMs: 500 },
    );
    expect((await container(id).inspect()).State.StartedAt).toBe(startedAt);
  });
});
