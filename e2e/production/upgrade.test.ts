import { cp, mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { type Route, routes } from '@agentbot/contracts';
import { takeAgentSlots } from '@agentbot/test-doubles/agent-slots';
import { canary } from '@agentbot/test-doubles/canaries';
import { startModelProvider } from '@agentbot/test-doubles/model-provider';
import { pollUntil } from '@agentbot/test-doubles/poll-until';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { freePorts } from '../free-ports.ts';
import { WebSession } from '../web-session.ts';
import { ensureBaseImages } from './base-images.ts';
import { attempt, run } from './command.ts';
import { createInstallation, type Installation, newSecrets } from './installation.ts';

/**
 * An installation of an earlier version, with data, becomes one of this version; and the earlier version works on this version's
 * schema, as it must while both serve (docs/adr/0028-shared-ports.md).
 */

/** The version of 1 December 2026, before sign-in with passkeys and mails about agents. */
const EARLIER = 'c1e636e61949a255149b17446a1e6179b6eba62e';
const root = path.join(import.meta.dirname, '../..');
const INSTALLATION = 'upgrade';
const MODEL_KEY = canary('sk-upgrade-');
const PASSWORD = canary('correct horse battery ');

let work: string;
let checkout: string;
let slots: Awaited<ReturnType<typeof takeAgentSlots>>;
let model: Awaited<ReturnType<typeof startModelProvider>>;
let earlier: Installation;
let present: Installation;
let owner: WebSession;
let agentId: string;

const pnpm = (directory: string, ...args: string[]) =>
  attempt('npx', ['-y', 'pnpm@12.21.0', ...args], { cwd: directory, env: { CI: 'true', NO_COLOR: '1' } });

beforeAll(async () => {
  work = await mkdtemp(path.join(os.tmpdir(), 'agentbot-upgrade-'));
  checkout = path.join(work, 'earlier');
  await run('git', ['clone', '--quiet', '--shared', '--no-checkout', root, checkout]);
  await run('git', ['checkout', '--quiet', '--detach', EARLIER], { cwd: checkout });
  await ensureBaseImages();
  slots = await takeAgentSlots();
  model = await startModelProvider({ apiKey: MODEL_KEY });
  const names = ['WEB_PORT', 'BACKEND_PORT', 'GATEWAY_PORT', 'POSTGRES_PORT', 'EGRESS_PORT'];
  const ports = await freePorts(names.length);
  const settings = {
    ...newSecrets(),
    ...slots.settings,
    ...Object.fromEntries(names.map((name, index) => [name, String(ports[index])])),
    INSTALLATION,
    NEXTAUTH_URL: `http://localhost:${ports[0]}`,
    OPENCLAW_IMAGE: 'agentbot/openclaw:2026.3.13',
    ALLOW_PRIVATE_MODEL_ENDPOINTS: 'true',
    API_RATE_LIMIT: '100000',
  };
  earlier = await createInstallation('agentbot-upgrade', { ...settings, AGENTBOT_VERSION: 'earlier' }, checkout);
  present = await createInstallation('agentbot-upgrade', { ...settings, AGENTBOT_VERSION: 'present' });
  await present.destroy();
});

afterAll(async () => {
  await present?.destroy();
  await Promise.all([earlier?.forget(), present?.forget()]);
  await model?.close();
  await slots?.release();
  if (work) await rm(work, { recursive: true, force: true });
});

async function expectReply(words: string): Promise<void> {
  const { status, body } = await owner.call('POST', '/api/chat', { body: { message: words, agentId } });
  expect([status, body.reply]).toEqual([200, `You said: ${words}`]);
}

async function call(method: string, address: string, body?: object): Promise<void> {
  const answer = await owner.call(method, address, body && { body });
  expect([method, address, answer.status < 300, answer.body]).toEqual([method, address, true, answer.body]);
}

/** Every address of the dashboard's API that is read, with the agent where it names one. */
const reads = (Object.values(routes) as Route[])
  .filter(({ web, method, stream, download }) => method === 'GET' && web && !stream && !download && !/:(?!id\b)/.test(web.path))
  .map(({ web }) => web?.path ?? '');
const read = (address: string) => owner.call('GET', address.replace(':id', agentId));

/** What must be the same after an upgrade. */
const LASTING = [
  '/api/me',
  '/api/agents/:id/messages?limit=100',
  '/api/agents/:id/conversations',
  '/api/agents/:id/backups',
  '/api/agents/:id/config',
  '/api/keys',
  '/api/provider-keys',
];

test('the earlier version is built, and gets data of each kind', async () => {
  await earlier.compose('build');
  await earlier.compose('up', '--detach', '--wait', '--wait-timeout', '240');
  owner = new WebSession(present.settings.NEXTAUTH_URL ?? '');
  await owner.call('POST', '/api/register', { body: { email: 'ada@example.com', password: PASSWORD } });
  expect(await owner.signIn('ada@example.com', PASSWORD)).toBe(200);
  const { body } = await owner.call('POST', '/api/agents/provision', {
    body: {
      name: 'Heron',
      model: 'custom',
      config: { baseUrl: `http://host.docker.internal:${model.port}/v1`, model: 'echo-1', apiKey: MODEL_KEY },
    },
  });
  agentId = body.agent.id;
  const status = async () => (await read('/api/agents/:id')).body.agent.status;
  await pollUntil('the agent is active', async () => (await status()) === 'active', { seconds: 240, everyMs: 500 });
  await expectReply('The heron flies at dawn');
  await call('POST', `/api/agents/${agentId}/backups`);
  await call('PUT', `/api/agents/${agentId}/backups/schedule`, { everyHours: 24 });
  await call('POST', '/api/keys', { name: 'A client', scopes: ['agents:read'] });
  await call('PUT', '/api/provider-keys/openrouter', { apiKey: MODEL_KEY });
  await expectReply('Said to the earlier version');
});

test('after the upgrade everything is there, and the agent remembers', async () => {
  const answers = async (addresses: string[]) =>
    new Map(await Promise.all(addresses.map(async (each) => [each, await read(each)] as const)));
  const before = await answers(LASTING);
  const read200 = [...(await answers(reads))].filter(([, { status }]) => status === 200).map(([address]) => address);
  expect(read200.length).toBeGreaterThan(20);

  await present.compose('build');
  await present.compose('run', '--rm', 'migrate');
  const second = '--detach --wait --no-deps --no-recreate --scale backend=2 --scale web=2 backend web';
  await present.compose('up', ...second.split(' '));
  await present.compose('up', '--detach', '--wait', '--wait-timeout', '240');

  const after = await answers(LASTING);
  for (const [address, { body }] of before) expect([address, after.get(address)?.body]).toMatchObject([address, body]);
  for (const [address, { status, body }] of await answers(read200)) expect([address, status, body]).toEqual([address, 200, body]);
  const calls = model.requests.length;
  await expectReply('Do you remember the heron?');
  expect(JSON.stringify(model.requests.slice(calls).map(({ body }) => body))).toContain('The heron flies at dawn');
});

test('a restart of the agent brings what the new version asks of its container, and keeps its memory', async () => {
  await call('POST', `/api/instance/${agentId}/restart`);
  const isCurrent = async () => {
    const { status, current } = (await read('/api/agents/:id/overview')).body.agent;
    return status === 'running' && current;
  };
  await pollUntil('the agent runs as configured', isCurrent, { everyMs: 500 });
  const calls = model.requests.length;
  await expectReply('And after a restart?');
  expect(JSON.stringify(model.requests.slice(calls).map(({ body: sent }) => sent))).toContain('The heron flies at dawn');
});

test('the earlier version’s tests of reads and writes pass on this version’s schema', async () => {
  const backend = path.join(checkout, 'apps/backend');
  await rm(path.join(backend, 'prisma/migrations'), { recursive: true });
  await cp(path.join(root, 'apps/backend/prisma/migrations'), path.join(backend, 'prisma/migrations'), { recursive: true });
  for (const [directory, ...command] of [
    [checkout, 'install', '--frozen-lockfile', '--prefer-offline'],
    [backend, 'exec', 'prisma', 'generate'],
    [backend, 'run', 'test', 'test/conformance', 'test/seed-walk', 'test/sessions'],
  ] as const) {
    const { code, output } = await pnpm(directory, ...command);
    if (code !== 0) throw new Error(`pnpm ${command.join(' ')} failed in the earlier version:\n${output.slice(-6000)}`);
    process.stderr.write(`${output.split('\n').slice(-8).join('\n')}\n`);
  }
});
