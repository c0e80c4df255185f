import { readFile } from 'node:fs/promises';
import { canary } from '@agentbot/test-doubles/canaries';
import { startModelProvider } from '@agentbot/test-doubles/model-provider';
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import type Docker from 'dockerode';
import { startBackendWithDocker } from './backend.ts';
import { containersOn } from './containers.ts';
import { type OwnEngine, startOwnEngine } from './own-engine.ts';

/**
 * An agent's whole life on an engine that is set up otherwise: with user namespaces, and with the runtime that the variable
 * AGENT_RUNTIME names, if any. That runtime must be in the configuration of the machine's engine.
 */

const IMAGE = 'agentbot/openclaw:2026.3.13';
const SECRET = canary('sk-');
let model: Awaited<ReturnType<typeof startModelProvider>>;
let engine: OwnEngine | undefined;
beforeAll(async () => {
  model = await startModelProvider({ apiKey: SECRET });
});
afterEach(async () => {
  await engine?.stop();
  engine = undefined;
});
afterAll(async () => model?.close());

/** @returns the runtime of the agent's container, and the user of its processes on the host */
async function live(settings: Record<string, string>, docker?: Docker) {
  const { container, writeNote, readNote } = containersOn(docker);
  const backend = await startBackendWithDocker('setup', settings);
  try {
    const owner = await backend.account();
    const config = { baseUrl: `http://host.docker.internal:${model.port}/v1`, model: 'echo-1', apiKey: SECRET };
    const { body } = await backend.as(owner, 'POST', '/api/agents/provision', { name: 'Setup', model: 'custom', config });
    const { id } = body.agent;
    await backend.settled(id);
    const ask = async (method: string, path: string, more?: unknown) => backend.as(owner, method, `/api/agents/${id}${path}`, more);
    const chat = async (message: string) => (await backend.as(owner, 'POST', '/api/chat', { message, agentId: id })).body;
    expect((await ask('GET', '')).body.agent).toMatchObject({ status: 'active' });
    expect(await chat('Hello')).toMatchObject({ reply: 'You said: Hello' });
    await writeNote(id, 'before');
    const { backup } = (await ask('POST', '/backups')).body;
    await writeNote(id, 'after');
    expect((await ask('POST', `/backups/${backup.id}/restore`)).body).toMatchObject({ status: 'active' });
    expect(await readNote(id)).toBe('before');
    expect((await ask('POST', '/stop')).body).toMatchObject({ success: true });
    expect((await ask('POST', '/start')).body).toMatchObject({ success: true });
    expect((await ask('POST', '/repair')).body).toMatchObject({ success: true });
    expect(await chat('Still there?')).toMatchObject({ reply: 'You said: Still there?' });
    const { HostConfig, State } = await container(id).inspect();
    const [, user] = /^Uid:\s+(\d+)/m.exec(await readFile(`/proc/${State.Pid}/status`, 'utf8')) ?? [];
    expect((await ask('DELETE', '')).status).toBe(200);
    return { runtime: HostConfig.Runtime, user: Number(user) };
  } finally {
    await backend.stop();
  }
}

async function liveInUserNamespace() {
  engine = await startOwnEngine(IMAGE, { 'userns-remap': 'default' });
  const { user } = await live({ DOCKER_HOST: engine.dockerHost, OPENCLAW_IMAGE: IMAGE }, engine.docker);
  // The engine makes this user, and takes the first of its 65,536 numbers for root in containers; the agent's is 1000 there.
  const [, first] = /^dockremap:(\d+):65536$/m.exec(await readFile('/etc/subuid', 'utf8')) ?? [];
  expect(user).toBe(Number(first) + 1000);
}
async function liveOnRuntime(runtime: string) {
  expect(await live({ AGENT_RUNTIME: runtime, OPENCLAW_IMAGE: IMAGE })).toMatchObject({ runtime });
}
const { AGENT_RUNTIME } = process.env;
const setups: [string, () => Promise<void>][] = [['an engine with user namespaces', liveInUserNamespace]];
if (AGENT_RUNTIME) setups.push([`the runtime ${AGENT_RUNTIME}`, () => liveOnRuntime(AGENT_RUNTIME)]);

test.each(setups)('an agent lives on %s', (_name, live) => live());
