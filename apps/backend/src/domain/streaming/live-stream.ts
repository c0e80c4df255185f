import { randomName } from '../../shared/ids.ts';

/** A live stream that an agent may send to. `streamKey` is a secret. */
export interface LiveStream {
  liveStreamId: string;
  streamKey: string;
  /** Of a real stream at Mux. */
  playbackId: string | null;
}

const RTMP_SERVER = 'rtmps://live.mux.com/app';

/** Credentials in Mux's shape that open nothing, for an installation without Mux; from a secure random source. */
export function placeholderStream(): LiveStream {
  return { liveStreamId: randomName(10), streamKey: `sk-${randomName(4)}-${randomName(4)}-${randomName(4)}`, playbackId: null };
}

/** How a stream is shown to the one who provisioned it. */
export function streamView({ liveStreamId, streamKey, playbackId }: LiveStream) {
  const playbackUrl = playbackId ? `https://stream.mux.com/${playbackId}.m3u8` : `https://image.mux.com/${liveStreamId}/playlist.m3u8`;
  return {
    streamKey,
    liveStreamId,
    rtmpServer: RTMP_SERVER,
    playbackUrl,
    hls: { playlistUrl: playbackUrl },
    rtmp: { server: RTMP_SERVER, key: streamKey },
  };
}
