import { canary } from '@agentbot/test-doubles/canaries';
import { startMux } from '@agentbot/test-doubles/mux';
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { removeOrphanStreams } from '../src/domain/streaming/live-streams.ts';
import { msAhead, systemClock } from '../src/shared/clock.ts';
import { startBackend, type TestBackend } from './backend.ts';

/** Live streams, with Mux's official client against a local double: one stream per agent, and no orphan streams. */

const TOKEN = { tokenId: 'mux-token', tokenSecret: canary('mux-secret-') };
let mux: Awaited<ReturnType<typeof startMux>>;
let backend: TestBackend;
let owner: string;

const provision = (headers: Record<string, string> = {}, plan = 'network') =>
  backend.machine(owner, 'POST', '/api/provision', { telegramToken: canary('1:'), plan }, headers);
const storedStreams = () => backend.context.database.as('service', (tx) => tx.liveStream.findMany());
const anHourLater = { now: () => msAhead(systemClock, 3_600_000) };
const collectOrphans = () => removeOrphanStreams({ ...backend.context, clock: anHourLater });

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

test('POST /api/provision creates a stream with public playback; deleting the agent deletes its stream', async () => {
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
  expect([mux.streams.size, await storedStreams()]).toEqual([0, []]);
});

test('POST /api/provision, repeated with its Idempotency-Key, creates one stream', async () => {
  const headers = { 'idempotency-key': 'one-stream' };
  const [first, second] = [await provision(headers), await provision(headers)];
  expect(second.body).toEqual(first.body);
  expect(mux.streams.size).toBe(1);
  // As after a crash: the agent is stored, the response is not.
  await backend.context.database.as('service', (tx) => tx.idempotencyKey.updateMany({ data: { status: null, aliveAt: new Date(0) } }));
  expect((await provision(headers)).body).toEqual(first.body);
  expect(mux.streams.size).toBe(1);
  await backend.machine(owner, 'DELETE', `/api/agents/${first.body.agentId}`);
});

test('POST /api/provision removes the stream when the agent is refused', async () => {
  const before = mux.asked.length;
  await backend.machine(owner, 'POST', '/api/agents', { name: 'The only one' });
  expect(await provision({}, 'solo')).toMatchObject({ status: 402, body: { code: 'AGENT_LIMIT_REACHED' } });
  expect(mux.asked.length).toBe(before + 1);
  expect([mux.streams.size, await storedStreams()]).toEqual([0, []]);
});

test('POST /api/provision answers 500 without internals and creates no agent when Mux is down or fails', async () => {
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
  await collectOrphans();
  expect(await storedStreams()).toEqual([]);
});

test('a stream whose creation got no response is found by its passthrough and removed', async () => {
  const asked = mux.asked.length;
  mux.setFault('loses');
  expect((await provision()).status).toBe(500);
  mux.setFault(undefined);
  // A retry could create a second stream.
  expect(mux.asked.length - asked).toBe(1);
  expect([mux.streams.size, await storedStreams()]).toEqual([0, []]);
});

test('removeOrphanStreams removes a stream that Mux creates long after the request has failed', async () => {
  const headers = { 'idempotency-key': 'made-late' };
  mux.setFault('late');
  expect((await provision(headers)).status).toBe(500);
  expect((await provision()).status).toBe(500);
  mux.setFault(undefined);
  expect([mux.streams.size, (await storedStreams()).length]).toEqual([0, 2]);
  // The client repeats the first request; only then does Mux create the first stream.
  const { status, body } = await provision(headers);
  expect(status).toBe(200);
  mux.catchUp();
  expect(mux.streams.size).toBe(3);
  await collectOrphans();
  expect((await storedStreams()).map((row) => row.agentId)).toEqual([body.agentId]);
  await backend.machine(owner, 'DELETE', `/api/agents/${body.agentId}`);
  expect([mux.streams.size, await storedStreams()]).toEqual([0, []]);
});

test('removeOrphanStreams skips a row until it is ten minutes old, while Mux may still be creating its stream', async () => {
  const createdAt = new Date('2041-03-05T12:34:56.000Z');
  const { database } = backend.context;
  const row = { agentId: 'young', ownerId: owner, createdAt };
  await database.as({ userId: owner }, (tx) => tx.liveStream.create({ data: row }));
  const isStored = async (ageMs: number) => {
    await removeOrphanStreams({ ...backend.context, clock: { now: () => new Date(createdAt.getTime() + ageMs) } });
    return database.as('service', (tx) => tx.liveStream.count({ where: { agentId: 'young' } }));
  };
  expect([await isStored(599_999), await isStored(600_000), await isStored(600_001)]).toEqual([1, 1, 0]);
});

test('removeOrphanStreams removes streams of failed deletions and of a crash, and keeps recent streams and agents’ streams', async () => {
  const kept = (await provision()).body;
  const { agentId } = (await provision()).body;
  mux.setFault('fails');
  expect((await backend.machine(owner, 'DELETE', `/api/agents/${agentId}`)).status).toBe(200);
  mux.setFault(undefined);
  // As after a crash between the response of Mux and the insert of the agent.
  const { database, mux: client } = backend.context;
  await database.as({ userId: owner }, (tx) => tx.liveStream.create({ data: { agentId: 'crashed', ownerId: owner } }));
  await client?.video.liveStreams.create({ playback_policies: ['public'], passthrough: 'agentbot:default:crashed' });
  expect(mux.streams.size).toBe(3);
  await removeOrphanStreams(backend.context);
  expect(mux.streams.size).toBe(3);
  await collectOrphans();
  expect([...mux.streams.keys()]).toEqual([kept.liveStreamId]);
  expect((await storedStreams()).map((row) => row.agentId)).toEqual([kept.agentId]);
});
