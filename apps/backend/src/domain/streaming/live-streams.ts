import type { Config } from '../../config/config.ts';
import type { MuxClient } from '../../infra/mux/mux.ts';
import type { Context } from '../context.ts';
import { type LiveStream, placeholderStream } from './live-stream.ts';

type Slice = Pick<Context, 'config' | 'database' | 'mux' | 'log'>;
interface Owned {
  /** The agent's. */
  id: string;
  ownerId: string;
}

/** An agent that is being made has its row after a few seconds, and a stream whose making was not answered is listed by then. */
const MIN_AGE_MS = 10 * 60_000;

/** Names the agent at Mux, so that its stream is found also when Mux's answer was lost. */
const passthroughOf = ({ INSTALLATION }: Config, agentId: string) => `agentbot:${INSTALLATION}:${agentId}`;

async function openStream({ config, database, mux }: Slice, { id, ownerId }: Owned): Promise<LiveStream> {
  if (!mux) return placeholderStream();
  const data = { agentId: id, ownerId };
  const { count } = await database.as({ userId: ownerId }, (tx) => tx.liveStream.createMany({ data, skipDuplicates: true }));
  const made = await mux.video.liveStreams.create(
    {
      playback_policies: ['public'],
      latency_mode: 'low',
      new_asset_settings: { playback_policies: ['public'] },
      passthrough: passthroughOf(config, id),
    },
    // Tried again, it might be made twice.
    { maxRetries: 0 },
  );
  // Of an attempt before, which Mux never answered, there may be one as well: then both are looked for by the agent's name.
  if (count) await database.as({ userId: ownerId }, (tx) => tx.liveStream.update({ where: { agentId: id }, data: { streamId: made.id } }));
  const playbackId = made.playback_ids?.[0]?.id;
  if (!playbackId) throw new Error('Mux gave a stream without a playback id');
  return { liveStreamId: made.id, streamKey: made.stream_key, playbackId };
}

/** The ids of an agent's streams, asked of Mux where its answer was lost. */
async function streamsOf({ config }: Slice, mux: MuxClient, agentId: string, known: string | null): Promise<string[]> {
  if (known) return [known];
  const found: string[] = [];
  for await (const stream of mux.video.liveStreams.list({ limit: 100 })) {
    if (stream.passthrough === passthroughOf(config, agentId)) found.push(stream.id);
  }
  return found;
}

/**
 * Removes an agent's stream at Mux, if it has one. One that Mux may still be making, having not answered, is left to the sweep.
 * @throws Error when Mux cannot be asked; the sweep tries again
 */
export async function closeStream(context: Slice, agentId: string, now = Date.now()): Promise<void> {
  const { database, mux } = context;
  const row = await database.as('service', (tx) => tx.liveStream.findUnique({ where: { agentId } }));
  if (!row || !mux) return;
  const streams = await streamsOf(context, mux, agentId, row.streamId);
  for (const id of streams) {
    await mux.video.liveStreams.delete(id).catch((error) => {
      if (error.status !== 404) throw error;
    });
  }
  if (streams.length === 0 && now - row.createdAt.getTime() < MIN_AGE_MS) return;
  await database.as('service', (tx) => tx.liveStream.deleteMany({ where: { agentId } }));
}

/**
 * Makes a stream for a new agent, then the agent with `make`; when that fails the stream is removed. A repeated request,
 * whose agent there is already, gets none.
 */
export async function withStream<T>(context: Slice, agent: Owned, make: (stream: LiveStream | undefined) => Promise<T>): Promise<T> {
  const { database, log } = context;
  if (await database.as({ userId: agent.ownerId }, (tx) => tx.agent.count({ where: { id: agent.id } }))) return make(undefined);
  // Of an attempt that a crash ended.
  await closeStream(context, agent.id);
  try {
    return await make(await openStream(context, agent));
  } catch (error) {
    await closeStream(context, agent.id).catch((failure) =>
      log.warn({ err: failure, agentId: agent.id }, 'a live stream is removed later'),
    );
    throw error;
  }
}

/** Removes the streams whose agent is gone or never came to be. */
export async function removeOrphanStreams(context: Slice, now = Date.now()): Promise<void> {
  const { database, mux, log } = context;
  if (!mux) return;
  const old = new Date(now - MIN_AGE_MS);
  const orphans = await database.as(
    'service',
    (tx) => tx.$queryRaw<{ agentId: string }[]>`
      SELECT s.agent_id AS "agentId" FROM live_streams s LEFT JOIN agents a ON a.id = s.agent_id
      WHERE a.id IS NULL AND s.created_at < ${old} LIMIT 100`,
  );
  for (const { agentId } of orphans) {
    await closeStream(context, agentId, now).catch((error) => log.warn({ err: error, agentId }, 'a live stream is removed later'));
  }
}
