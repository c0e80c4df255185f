import type { Config } from '../../config/config.ts';
import type { MuxClient } from '../../infra/mux/mux.ts';
import { msAgo } from '../../shared/clock.ts';
import type { Context } from '../context.ts';
import { type LiveStream, placeholderStream } from './live-stream.ts';

type Slice = Pick<Context, 'config' | 'database' | 'clock' | 'mux' | 'log'>;
interface AgentIdentity {
  id: string;
  ownerId: string;
}

/** By this age an agent in creation has its row, and Mux lists a stream whose creation it never answered. */
const MIN_AGE_MS = 10 * 60_000;

/** Labels the stream at Mux with the agent's id, so that it is found even if the response with the stream's id was lost. */
const passthroughOf = ({ INSTALLATION }: Config, agentId: string) => `agentbot:${INSTALLATION}:${agentId}`;

async function openStream({ config, database, mux }: Slice, { id, ownerId }: AgentIdentity): Promise<LiveStream> {
  if (!mux) return placeholderStream();
  const data = { agentId: id, ownerId };
  const { count } = await database.as({ userId: ownerId }, (tx) => tx.liveStream.createMany({ data, skipDuplicates: true }));
  const stream = await mux.video.liveStreams.create(
    {
      playback_policies: ['public'],
      latency_mode: 'low',
      new_asset_settings: { playback_policies: ['public'] },
      passthrough: passthroughOf(config, id),
    },
    // No retry: creation is not idempotent, and a retry could create a second stream.
    { maxRetries: 0 },
  );
  // A row from an earlier attempt (count 0) keeps no stream id: that attempt may have created a stream too, and the removal
  // then finds both by their label.
  if (count)
    await database.as({ userId: ownerId }, (tx) => tx.liveStream.update({ where: { agentId: id }, data: { streamId: stream.id } }));
  const playbackId = stream.playback_ids?.[0]?.id;
  if (!playbackId) throw new Error('Mux returned a live stream without a playback id');
  return { liveStreamId: stream.id, streamKey: stream.stream_key, playbackId };
}

/** The ids of an agent's streams: the stored id, else every stream at Mux with the agent's label. */
async function streamIdsOf({ config }: Slice, mux: MuxClient, agentId: string, storedId: string | null): Promise<string[]> {
  if (storedId) return [storedId];
  const ids: string[] = [];
  for await (const stream of mux.video.liveStreams.list({ limit: 100 })) {
    if (stream.passthrough === passthroughOf(config, agentId)) ids.push(stream.id);
  }
  return ids;
}

/**
 * Removes an agent's stream at Mux. The row stays while Mux may still be creating the stream; the garbage collector then
 * retries.
 * @throws Error when Mux does not answer; the garbage collector retries
 */
export async function closeStream(context: Slice, agentId: string): Promise<void> {
  const { database, clock, mux } = context;
  const row = await database.as('service', (tx) => tx.liveStream.findUnique({ where: { agentId } }));
  if (!row || !mux) return;
  const streamIds = await streamIdsOf(context, mux, agentId, row.streamId);
  for (const id of streamIds) {
    await mux.video.liveStreams.delete(id).catch((error) => {
      if (error.status !== 404) throw error;
    });
  }
  if (streamIds.length === 0 && row.createdAt > msAgo(clock, MIN_AGE_MS)) return;
  await database.as('service', (tx) => tx.liveStream.deleteMany({ where: { agentId } }));
}

/**
 * Creates a stream for a new agent, then the agent with `createAgent`; when that fails, removes the stream (compensation).
 * A repeated request whose agent exists gets no stream.
 */
export async function withStream<T>(
  context: Slice,
  agent: AgentIdentity,
  createAgent: (stream: LiveStream | undefined) => Promise<T>,
): Promise<T> {
  const { database, log } = context;
  if (await database.as({ userId: agent.ownerId }, (tx) => tx.agent.count({ where: { id: agent.id } }))) return createAgent(undefined);
  // Removes the stream of an earlier attempt that ended in a crash.
  await closeStream(context, agent.id);
  try {
    return await createAgent(await openStream(context, agent));
  } catch (error) {
    await closeStream(context, agent.id).catch((failure) =>
      log.warn({ err: failure, agentId: agent.id }, 'live stream could not be removed; the garbage collector retries'),
    );
    throw error;
  }
}

/** Removes orphan streams: their agent was deleted or never created. Young rows are skipped. */
export async function removeOrphanStreams(context: Slice): Promise<void> {
  const { database, clock, mux, log } = context;
  if (!mux) return;
  const createdBefore = msAgo(clock, MIN_AGE_MS);
  const orphans = await database.as(
    'service',
    (tx) => tx.$queryRaw<{ agentId: string }[]>`
      SELECT s.agent_id AS "agentId" FROM live_streams s LEFT JOIN agents a ON a.id = s.agent_id
      WHERE a.id IS NULL AND s.created_at < ${createdBefore} LIMIT 100`,
  );
  for (const { agentId } of orphans) {
    await closeStream(context, agentId).catch((error) =>
      log.warn({ err: error, agentId }, 'live stream could not be removed; the garbage collector retries'),
    );
  }
}
