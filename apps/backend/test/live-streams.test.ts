import { canary } from '@agentbot/test-doubles/canaries';
import { startMux } from '@agentbot/test-doubles/mux';
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { removeOrphanStreams } from '../src/domain/streaming/live-streams.ts';
import { startBackend, type TestBackend } from './backend.ts';

/** Live streams, by Mux's official client against a local double: each agent has one, and no stream is nobody's. */

const TOKEN = { tokenId: 'mux-token', tokenSecret: canary('mux-secret-') };
let mux: Awaited<ReturnType<typeof startMux>>;
let backend: TestBackend;
let owner: string;

const provision = (headers: Record<string, string> = {}, plan = 'network') =>
  backend.machine(owner, 'POST', '/api/provision', { telegramToken: canary('1:'), plan }, headers);
const noted = () => backend.context.database.as('service', (tx) => tx.liveStream.findMany());
const later = () => removeOrphanStreams(backend.context, Date.now() + 3_600_000);

beforeAll(async () => {
  mux = await startMux(TOKEN);
  backend = await startBackend({ MUX_TOKEN_ID: TOKEN.tokenId, MUX_TOKEN_SECRET: TOKEN.tokenSecret, MUX_BASE_URL: mux.url });
  await backend.account();
  owner = await backend.account();
  await backend.machine(undefined, 'PUT', `/api/admin/users/${owner}/plan`, { plan: 'network' });
});
afterAll(async () => {
  await backend.stop();
  await mux.close();
});
afterEach(() => mux.setFault(undefined));

test('an agent gets a real stream with public playback, and it goes with the agent', async () => {
  const { status, body } = await provision();
  expect(status).toBe(200);
  const [stream] = [...mux.streams.values()];
  expect(body).toMatchObject({
    liveStreamId: stream?.id,
    streamKey: stream?.stream_key,
    rtmpServer: 'rtmps://live.mux.com/app',
    playbackUrl: `https://stream.mux.com/${stream?.playback_ids[0]?.id}.m3u8`,
    hls: { playlistUrl: `https://stream.mux.com/${stream?.playback_ids[0]?.id}.m3u8` },
    rtmp: { server: 'rtmps://live.mux.com/app', key: stream?.stream_key },
  });
  expect(mux.asked.at(-1)).toEqual({
    playback_policies: ['public'],
    latency_mode: 'low',
    new_asset_settings: { playback_policies: ['public'] },
    passthrough: `agentbot:default:${body.agentId}`,
  });
  const secrets = await backend.context.database.as('service', (tx) => tx.agentSecret.findMany({ where: { agentId: body.agentId } }));
  expect(JSON.stringify(secrets)).not.toContain('mux-stream-key-canary');
  expect(JSON.stringify((await backend.machine(owner, 'GET', `/api/agents/${body.agentId}`)).body)).not.toMatch(/canary/i);
  await backend.machine(owner, 'DELETE', `/api/agents/${body.agentId}`);
  expect([mux.streams.size, await noted()]).toEqual([0, []]);
});

test('a repeated request has one stream', async () => {
  const headers = { 'idempotency-key': 'one-stream' };
  const [first, second] = [await provision(headers), await provision(headers)];
  expect(second.body).toEqual(first.body);
  expect(mux.streams.size).toBe(1);
  // As after a crash: the agent is there, the answer is not.
  await backend.context.database.as('service', (tx) => tx.idempotencyKey.updateMany({ data: { status: null, aliveAt: new Date(0) } }));
  expect((await provision(headers)).body).toEqual(first.body);
  expect(mux.streams.size).toBe(1);
  await backend.machine(owner, 'DELETE', `/api/agents/${first.body.agentId}`);
});

test('when the agent cannot be made, its stream is removed', async () => {
  const before = mux.asked.length;
  await backend.machine(owner, 'POST', '/api/agents', { name: 'The only one' });
  expect(await provision({}, 'solo')).toMatchObject({ status: 402, body: { code: 'AGENT_LIMIT_REACHED' } });
  expect(mux.asked.length).toBe(before + 1);
  expect([mux.streams.size, await noted()]).toEqual([0, []]);
});

test('Mux away or failing is 500, without an agent and with nothing of the inside', async () => {
  const count = async () => (await backend.machine(owner, 'GET', '/api/agents')).body.length;
  const before = await count();
  for (const fault of ['down', 'fails'] as const) {
    mux.setFault(fault);
    const { status, body } = await provision();
    expect([status, body.error]).toEqual([500, 'Internal server error']);
    expect(JSON.stringify(body)).not.toMatch(/mux|canary/i);
  }
  mux.setFault(undefined);
  expect([await count(), mux.streams.size]).toEqual([before, 0]);
  await later();
  expect(await noted()).toEqual([]);
});

test('a stream whose making was never answered is found by its agent’s name', async () => {
  mux.setFault('loses');
  expect((await provision()).status).toBe(500);
  mux.setFault(undefined);
  expect([mux.streams.size, await noted()]).toEqual([0, []]);
});

test('one that is made long after nobody waits for it any more is found as well', async () => {
  const headers = { 'idempotency-key': 'made-late' };
  mux.setFault('late');
  expect((await provision(headers)).status).toBe(500);
  expect((await provision()).status).toBe(500);
  mux.setFault(undefined);
  expect([mux.streams.size, (await noted()).length]).toEqual([0, 2]);
  // The first request comes again, and only then is its first stream there.
  const { status, body } = await provision(headers);
  expect(status).toBe(200);
  mux.catchUp();
  expect(mux.streams.size).toBe(3);
  await later();
  expect((await noted()).map((row) => row.agentId)).toEqual([body.agentId]);
  await backend.machine(owner, 'DELETE', `/api/agents/${body.agentId}`);
  expect([mux.streams.size, await noted()]).toEqual([0, []]);
});

test('what could not be removed is removed later, also after a crash; what is young, or an agent’s, is left', async () => {
  const kept = (await provision()).body;
  const { agentId } = (await provision()).body;
  mux.setFault('fails');
  expect((await backend.machine(owner, 'DELETE', `/api/agents/${agentId}`)).status).toBe(200);
  mux.setFault(undefined);
  // As when a process died between Mux's answer and the agent's row.
  const { database, mux: client } = backend.context;
  await database.as({ userId: owner }, (tx) => tx.liveStream.create({ data: { agentId: 'crashed', ownerId: owner } }));
  await client?.video.liveStreams.create({ playback_policies: ['public'], passthrough: 'agentbot:default:crashed' });
  expect(mux.streams.size).toBe(3);
  await removeOrphanStreams(backend.context);
  expect(mux.streams.size).toBe(3);
  await later();
  expect([...mux.streams.keys()]).toEqual([kept.liveStreamId]);
  expect((await noted()).map((row) => row.agentId)).toEqual([kept.agentId]);
});
