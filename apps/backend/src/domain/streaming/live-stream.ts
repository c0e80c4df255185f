import { randomName } from '../../shared/ids.ts';

/** A live stream that an agent may send to. `streamKey` is a secret. */
export interface LiveStream {
  liveStreamId: string;
  streamKey: string;
  /** Null for a placeholder stream. */
  playbackId: string | null;
}

const RTMP_SERVER = 'rtmps://live.mux.com/app';

/** Placeholder credentials in Mux's format for an installation without Mux: random, secure and valid nowhere. */
export function placeholderStream(): LiveStream {
  return { liveStreamId: randomName(10), streamKey: `sk-${randomName(4)}-${randomName(4)}-${randomName(4)}`, playbackId: null };
}

/** The stream in the provisioning response, the only response with the stream key. */
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
