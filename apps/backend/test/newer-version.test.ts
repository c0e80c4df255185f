import { storageOf } from '@agentbot/openclaw-image/versions';
import { canary } from '@agentbot/test-doubles/canaries';
import { startModelProvider } from '@agentbot/test-doubles/model-provider';
import { pollUntil } from '@agentbot/test-doubles/poll-until';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import Docker from 'dockerode';
import { startBackendWithDocker, type TestBackend } from './backend.ts';
import { makeImageWithoutPlugin } from './cold-image.ts';
import { containersOn } from './containers.ts';

/** A real gateway of a version above the platform's default; `pnpm openclaw:try` runs these tests for any version. */

const VERSION = process.env.OPENCLAW_VERSION ?? '2026.9.6';
const IMAGE = `agentbot/openclaw:${VERSION}`;
const OLDER_IMAGE = 'agentbot/openclaw:2026.3.13';
const SECRET = canary('sk-');
const docker = new Docker();
const { shell } = containersOn();
let backend: TestBackend;
let model: Awaited<ReturnType<typeof startModelProvider>>;
let owner: string;
let id: string;
let discordAgent: string;

const endpoint = () => ({ baseUrl: `http://host.docker.internal:${model.port}/v1`, model: 'echo-1', apiKey: SECRET });
const say = async (message: string) => (await backend.as(owner, 'POST', '/api/chat', { message, agentId: id })).body.reply;
const operate = (action: string, body?: unknown) => backend.machine(owner, 'POST', `/api/agents/${id}/${action}`, body);
const agent = async () => (await backend.machine(owner, 'GET', `/api/agents/${id}`)).body;
const lastOperation = async (agentId: string) => (await backend.as(owner, 'GET', `/api/agents/${agentId}/operations`)).body.operations[0];

/** Provisions an agent and waits for the end of the operation. */
async function provision(config: object): Promise<string> {
  const { body } = await backend.as(owner, 'POST', '/api/agents/provision', { name: 'Newer', model: 'custom', config });
  // A failed provisioning answers without the agent; the list contains it.
  const agentId = body.agent?.id ?? (await backend.machine(owner, 'GET', '/api/agents')).body[0].id;
  await backend.settled(agentId);
  return agentId;
}

beforeAll(async () => {
  model = await startModelProvider({ apiKey: SECRET });
  backend = await startBackendWithDocker('newer', { OPENCLAW_IMAGE: IMAGE });
  owner = await backend.account();
  id = await provision(endpoint());
});
afterAll(async () => {
  await backend?.stop();
  await model?.close();
});

test('provision succeeds and the agent replies', async () => {
  expect(await lastOperation(id)).toMatchObject({ kind: 'provision', state: 'succeeded', error: null });
  expect(await say('My favourite colour is teal')).toBe('You said: My favourite colour is teal');
});

test('the gateway port forwards to the agent, also with proxy headers', async () => {
  const { body } = await backend.machine(owner, 'GET', `/api/agents/${id}/token`);
  const response = await fetch(`http://127.0.0.1:${backend.gatewayPort}/agent/${id}/v1/chat/completions`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${body.token}`,
      'content-type': 'application/json',
      'x-forwarded-for': '203.0.113.7',
      'x-forwarded-proto': 'https',
      'x-real-ip': '203.0.113.7',
      forwarded: 'for=203.0.113.7',
    },
    body: JSON.stringify({ model: 'openclaw', messages: [{ role: 'user', content: 'From outside' }] }),
  });
  expect(response.status).toBe(200);
  expect(JSON.stringify(await response.json())).toContain('From outside');
});

test('a change of the model after update-skill takes effect and keeps the skill disabled', async () => {
  const { skills } = (await backend.as(owner, 'GET', '/api/agent?action=skills')).body;
  const { id: skillId } = skills.find((skill: { enabled: boolean }) => skill.enabled);
  const off = { action: 'update-skill', skillId, enabled: false };
  expect((await backend.as(owner, 'POST', '/api/agent', off)).body).toEqual({ success: true, skillId, enabled: false });

  const config = { ...endpoint(), model: 'echo-2' };
  expect((await backend.as(owner, 'PUT', `/api/agents/${id}/config`, config)).status).toBe(200);
  expect((await operate('restart')).status).toBe(200);
  expect(await say('Who are you now?')).toBe('You said: Who are you now?');
  expect(model.requests.at(-1)?.model).toBe('echo-2');
  const after = (await backend.as(owner, 'GET', '/api/agent?action=skills')).body.skills;
  expect(after.find((skill: { id: string }) => skill.id === skillId)).toMatchObject({ enabled: false });
});

test('the running gateway applies a changed model and the owner of its channels, and the agent stays as it is', async () => {
  const { Id, State } = await docker.getContainer(`openclaw-${id}`).inspect();
  const config = { ...endpoint(), model: 'echo-3', ownerIds: ['42'] };
  expect((await backend.as(owner, 'PUT', `/api/agents/${id}/config`, config)).status).toBe(200);
  expect(await operate('config/apply')).toMatchObject({ status: 200, body: { applied: 'live' } });
  expect(await say('Which model?')).toBe('You said: Which model?');
  expect(model.requests.at(-1)?.model).toBe('echo-3');
  const after = await docker.getContainer(`openclaw-${id}`).inspect();
  expect([after.Id, after.State.StartedAt, after.State.Running]).toEqual([Id, State.StartedAt, true]);
  expect((await backend.as(owner, 'GET', `/api/agents/${id}/overview`)).body.agent).toMatchObject({ current: true });
  expect(await operate('config/apply')).toMatchObject({ status: 200, body: { applied: 'none' } });
});

test('the reconciler recreates a killed and removed container, and the agent keeps its memory', async () => {
  // A store of an older version beside the database: a gateway with a database exits with 78 until doctor has imported it.
  const older = { 'agent:main:older': { sessionId: '11111111-1111-4111-8111-111111111111', updatedAt: 1_770_000_000_000 } };
  const store = '/home/node/.openclaw/agents/main/sessions';
  if (storageOf(VERSION) === 'sqlite') await shell(id, `mkdir -p ${store} && echo '${JSON.stringify(older)}' > ${store}/sessions.json`);
  // A killed gateway cannot release its lease of the data.
  await docker.getContainer(`openclaw-${id}`).remove({ force: true });
  const isBack = () =>
    docker
      .getContainer(`openclaw-${id}`)
      .inspect()
      .then(({ State }) => State.Running)
      .catch(() => false);
  await pollUntil('the container is back', isBack, { seconds: 240, everyMs: 100 });
  await backend.settled(id);
  if (storageOf(VERSION) === 'sqlite') {
    expect((await lastOperation(id)).steps).toContainEqual(expect.objectContaining({ name: 'doctor', state: 'done' }));
  }
  expect(await agent()).toMatchObject({ status: 'active' });
  expect(await say('What is my favourite colour?')).toBe('You said: What is my favourite colour?');
  expect(JSON.stringify(model.requests.at(-1)?.body)).toContain('My favourite colour is teal');
});

test('reset-memory clears the conversations and the memory files, and keeps the agent as it is', async () => {
  await shell(id, 'mkdir -p /home/node/.openclaw/workspace/memory && echo teal > /home/node/.openclaw/workspace/memory/2026-01-01.md');
  const { status, body } = await operate('reset-memory');
  expect([status, body.error ?? body.message]).toEqual([200, 'Memory reset successfully']);
  expect(await agent()).toMatchObject({ status: 'active' });
  expect(await say('Do you remember?')).toBe('You said: Do you remember?');
  expect(JSON.stringify(model.requests.at(-1)?.body)).not.toContain('favourite colour is teal');
  expect(await shell(id, 'ls /home/node/.openclaw/workspace/memory 2>&1 || true')).not.toContain('2026-01-01');
  expect((await operate('stop')).status).toBe(200);
  const again = await operate('reset-memory');
  expect([again.status, again.body.error ?? again.body.message]).toEqual([200, 'Memory reset successfully']);
  expect(await agent()).toMatchObject({ status: 'stopped' });
  expect((await operate('start')).status).toBe(200);
  expect(await say('And now?')).toBe('You said: And now?');
  expect(JSON.stringify(model.requests.at(-1)?.body)).not.toContain('Do you remember?');
});

test('an update to a version that cannot read the conversations answers 500 and does not touch the container', async () => {
  if (storageOf(VERSION) === 'jsonl') return expect(storageOf('2026.3.13')).toBe('jsonl');
  const started = (await docker.getContainer(`openclaw-${id}`).inspect()).State.StartedAt;
  const { status, body } = await operate('update', { image: OLDER_IMAGE });
  expect([status, body.error]).toEqual([500, expect.stringContaining('OpenClaw 2026.3.13 cannot read the conversations')]);
  const { Config, State } = await docker.getContainer(`openclaw-${id}`).inspect();
  expect([Config.Image, State.StartedAt]).toEqual([IMAGE, started]);
  expect(await agent()).toMatchObject({ status: 'active' });
});

test('an agent with Discord, WhatsApp and Slack starts, and loads the channels', async () => {
  const slack = { slackBotToken: canary('xoxb-'), slackAppToken: canary('xapp-') };
  discordAgent = await provision({ ...endpoint(), discordBotToken: canary('discord.'), whatsappToken: canary('whatsapp.'), ...slack });
  expect(await lastOperation(discordAgent)).toMatchObject({ kind: 'provision', state: 'succeeded', error: null });
  const { channels } = (await backend.as(owner, 'GET', `/api/agents/${discordAgent}/channels`)).body;
  // The tokens are made up, and WhatsApp waits for its QR code; an unknown channel would be missing or "off".
  expect(channels.map(({ channel }: { channel: string }) => channel).sort()).toEqual(['discord', 'slack', 'whatsapp']);
  expect(channels).toContainEqual(expect.objectContaining({ channel: 'whatsapp', state: 'pairing' }));
  const listing = await shell(discordAgent, 'openclaw plugins list --json');
  for (const plugin of ['discord', 'slack']) expect(listing).toMatch(new RegExp(`"id": *"${plugin}".*?"status": *"loaded"`, 's'));
});

test('an update to an image that lacks a plugin of the agent fails and names the plugin', async () => {
  const removeImage = await makeImageWithoutPlugin(IMAGE, `${IMAGE}-no-discord`, 'discord');
  try {
    const { status, body } = await backend.machine(owner, 'POST', `/api/agents/${discordAgent}/update`, { image: `${IMAGE}-no-discord` });
    expect([status, body.error]).toEqual([500, expect.stringContaining('does not have the plugin discord')]);
    const { Config } = await docker.getContainer(`openclaw-${discordAgent}`).inspect();
    expect(Config.Image).toBe(IMAGE);
  } finally {
    await removeImage();
  }
});
