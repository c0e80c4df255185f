import { canary, findInClear } from '@agentbot/test-doubles/canaries';
import { pollUntil } from '@agentbot/test-doubles/poll-until';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { startBackendWithDocker, type TestBackend, unreachableProviders } from './backend.ts';
import { containersOn } from './containers.ts';

/** Agents on the demo model, each in a container: replies, SOUL.md, unapplied changes, and the change to a provider. */

const SOUL = '# Who you are\n\nYou are a lighthouse keeper. 🗼';
const { container } = containersOn();
let backend: TestBackend;
let owner: string;
beforeAll(async () => {
  backend = await startBackendWithDocker('demo', unreachableProviders);
  owner = await backend.account();
});
afterAll(() => backend?.stop());

describe.each(['2026.3.13', '2026.9.6'])('an agent with OpenClaw %s', (version) => {
  let id: string;
  const read = async (path: string) => (await backend.as(owner, 'GET', `/api/agents/${id}${path}`)).body;
  beforeAll(async () => {
    const wanted = { name: 'Demo', model: 'demo', plan: 'solo', instructions: SOUL, config: { openclawVersion: version } };
    id = (await backend.as(owner, 'POST', '/api/agents/provision', wanted)).body.agent.id;
    await backend.settled(id);
  });

  test('runs in its container and talks without any key', async () => {
    const inspected = await container(id).inspect();
    expect(inspected.State.Running).toBe(true);
    expect(findInClear({ inspect: JSON.stringify(inspected) })).toEqual([]);
    for (const [message, reply] of [
      ['Good morning', /^You said: Good morning\n\nI am a demo/],
      ['And good night', /^You said: And good night$/],
    ] as const) {
      await backend.as(owner, 'POST', '/api/chat', { message, agentId: id });
      // A slow machine answers after the request has returned.
      const isSaid = async () => (await read('/messages')).messages.some(({ content }: { content: string }) => reply.test(content));
      await pollUntil(`the agent repeats “${message}”`, isSaid, { seconds: 60 });
    }
    expect((await read('/usage')).models).toEqual([
      expect.objectContaining({ provider: 'demo', model: 'echo', costUsd: 0, unpricedRequests: 0 }),
    ]);
  });

  test('has its owner’s instructions as its SOUL.md', async () => {
    expect((await read('/files/SOUL.md')).file.content).toBe(`${SOUL}\n`);
  });

  test('its overview lists the fields in which the saved configuration differs from the running one', async () => {
    expect((await read('/overview')).agent).toMatchObject({ current: true, differences: [] });
    const change = (body: object) => backend.as(owner, 'PUT', `/api/agents/${id}/config`, body);
    await change({ telegramToken: canary('1:tok-') });
    expect((await read('/overview')).agent).toMatchObject({
      current: false,
      differences: [{ setting: 'other', saved: null, running: null }],
    });
    await change({ aiProvider: 'openai', apiKey: canary('sk-new-'), plan: 'collective' });
    expect((await read('/overview')).agent.differences).toEqual([
      { setting: 'plan', saved: 'collective', running: 'solo' },
      { setting: 'provider', saved: 'openai', running: 'demo' },
      { setting: 'model', saved: 'gpt-4o', running: 'echo' },
    ]);
  });
});
