import { afterAll, beforeAll, expect, test } from '@jest/globals';
import Mux, { type APIError } from '@mux/mux-node';
import { startMux } from '../src/mux.ts';

/** The double of Mux, with Mux's client. */

const TOKEN = { tokenId: 'id', tokenSecret: 'secret' };
let mux: Awaited<ReturnType<typeof startMux>>;
let client: Mux;
const clientWith = (changes: object = {}) => new Mux({ ...TOKEN, baseURL: mux.url, maxRetries: 0, ...changes });
const refusal = (call: Promise<unknown>) =>
  call.then(
    () => 'it was accepted',
    (error: APIError) => [error.status, (error.error as { error: { type: string; messages: string[] } }).error],
  );
const invalid = (message: string) => [400, { type: 'invalid_parameters', messages: [message] }];

beforeAll(async () => {
  mux = await startMux(TOKEN);
  client = clientWith();
});
afterAll(() => mux.close());

test('a stream is created with its policies, read and deleted', async () => {
  const { liveStreams } = client.video;
  const stream = await liveStreams.create({ playback_policies: ['public', 'signed'], passthrough: 'mine', latency_mode: 'low' });
  expect(stream.playback_ids?.map(({ policy }) => policy)).toEqual(['public', 'signed']);
  expect(new Set([stream.id, ...(stream.playback_ids ?? []).map(({ id }) => id)]).size).toBe(3);
  expect(stream.id).toMatch(/^[A-Za-z0-9]{40,}$/);
  expect(await liveStreams.retrieve(stream.id)).toEqual(stream);
  await liveStreams.delete(stream.id);
  expect(await refusal(liveStreams.delete(stream.id))).toMatchObject([404, { type: 'not_found' }]);
});

test.each<[string, object, string]>([
  ['an unknown field', { playback_policy_ids: [] }, 'Unexpected parameter: playback_policy_ids'],
  ['an unknown policy', { playback_policies: ['open'] }, 'Invalid value for playback_policies'],
  ['a policy that is no list', { playback_policies: 'public' }, 'Invalid value for playback_policies'],
  ['an unknown latency', { latency_mode: 'lowest' }, 'Invalid value for latency_mode'],
  ['a label of 256 characters', { passthrough: 'x'.repeat(256) }, 'Invalid value for passthrough'],
  ['an unknown policy of its recordings', { new_asset_settings: { playback_policies: ['open'] } }, 'Invalid value for playback_policies'],
  ['an unknown field of its recordings', { new_asset_settings: { policy: 'public' } }, 'Unexpected parameter: policy'],
])('Mux refuses a stream with %s', async (_, body, message) => {
  expect(await refusal(client.video.liveStreams.create(body))).toEqual(invalid(message));
  expect(mux.streams.size).toBe(0);
});

test('Mux refuses a wrong secret', async () => {
  expect(await refusal(clientWith({ tokenSecret: 'other' }).video.liveStreams.list())).toMatchObject([401, { type: 'unauthorized' }]);
});

test('the list has pages of 25, the newest stream first, and no page above 100', async () => {
  const ids: string[] = [];
  for (let at = 0; at < 30; at++) ids.unshift((await client.video.liveStreams.create({ playback_policies: ['public'] })).id);
  const first = await client.video.liveStreams.list();
  expect(first.data.map(({ id }) => id)).toEqual(ids.slice(0, 25));
  const all: string[] = [];
  for await (const { id } of client.video.liveStreams.list({ limit: 7 })) all.push(id);
  expect(all).toEqual(ids);
  expect(await refusal(client.video.liveStreams.list({ limit: 101 }))).toEqual(invalid('Invalid value for limit'));
  expect(await refusal(client.video.liveStreams.list({ page: 0 }))).toEqual(invalid('Invalid value for page'));
});
