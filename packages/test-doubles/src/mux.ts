import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';

/**
 * The fault of the double: `down` closes every connection, `loses` creates a stream but drops the response, `late` drops it
 * and creates the stream at `catchUp`, `fails` answers every request with 500.
 */
type Fault = 'down' | 'loses' | 'late' | 'fails';

interface Stream {
  id: string;
  stream_key: string;
  created_at: string;
  playback_ids: { id: string; policy: string }[];
  latency_mode: string;
  new_asset_settings?: object;
  passthrough?: string;
  status: 'idle';
  reconnect_window: number;
  max_continuous_duration: number;
}

/** The fields that the double returns of those that it checks. */
interface Wanted {
  playback_policies?: string[];
  playback_policy?: string[];
  latency_mode?: string;
  new_asset_settings?: object;
  passthrough?: string;
  reconnect_window?: number;
  max_continuous_duration?: number;
}

class MuxError extends Error {
  readonly status: number;
  readonly type: string;
  constructor(status: number, type: string, message: string) {
    super(message);
    this.status = status;
    this.type = type;
  }
}
const invalid = (message: string) => new MuxError(400, 'invalid_parameters', message);
const notFound = () => new MuxError(404, 'not_found', "The requested resource either doesn't exist or you don't have access to it.");

const PATH = '/video/v1/live-streams';
const MAX_PASSTHROUGH = 255;
const MAX_PAGE = 100;
/** The fields of a request to create a stream, with their checks. @see https://www.mux.com/docs/api-reference/video/live-streams/create-live-stream */
const isPolicies = (value: unknown) =>
  Array.isArray(value) && value.length > 0 && value.every((policy) => ['public', 'signed', 'drm'].includes(policy));
const isBoolean = (value: unknown) => typeof value === 'boolean';
const isWithin = (from: number, to: number) => (value: unknown) => typeof value === 'number' && value >= from && value <= to;
const fields: Record<string, (value: unknown) => boolean> = {
  playback_policies: isPolicies,
  playback_policy: isPolicies,
  advanced_playback_policies: Array.isArray,
  new_asset_settings: (value) => hasOnly(value, assetFields),
  latency_mode: (value) => ['low', 'reduced', 'standard'].includes(String(value)),
  passthrough: (value) => typeof value === 'string' && value.length <= MAX_PASSTHROUGH,
  reconnect_window: isWithin(0, 1800),
  max_continuous_duration: isWithin(60, 43_200),
  audio_only: isBoolean,
  low_latency: isBoolean,
  reduced_latency: isBoolean,
  test: isBoolean,
  use_slate_for_standard_latency: isBoolean,
  reconnect_slate_url: (value) => URL.canParse(String(value)),
  embedded_subtitles: Array.isArray,
  generated_subtitles: Array.isArray,
  simulcast_targets: Array.isArray,
  meta: (value) => typeof value === 'object',
};
const assetFields: Record<string, (value: unknown) => boolean> = {
  playback_policies: isPolicies,
  playback_policy: isPolicies,
  passthrough: (value) => typeof value === 'string' && value.length <= MAX_PASSTHROUGH,
  video_quality: (value) => ['basic', 'plus', 'premium'].includes(String(value)),
  mp4_support: (value) => typeof value === 'string',
  max_resolution_tier: (value) => ['1080p', '1440p', '2160p'].includes(String(value)),
  master_access: (value) => ['none', 'temporary'].includes(String(value)),
  normalize_audio: isBoolean,
  meta: (value) => typeof value === 'object',
};

/** Checks the fields of an object. @throws MuxError for an unknown field or a value that Mux does not take */
function hasOnly(given: unknown, known: Record<string, (value: unknown) => boolean>): boolean {
  if (typeof given !== 'object' || given === null || Array.isArray(given)) throw invalid('The body must be an object');
  for (const [name, value] of Object.entries(given)) {
    const check = known[name];
    if (!check) throw invalid(`Unexpected parameter: ${name}`);
    if (!check(value)) throw invalid(`Invalid value for ${name}`);
  }
  return true;
}

/** An id in the form of Mux's: opaque letters and digits. */
const newId = () => randomBytes(33).toString('base64url').replaceAll(/[-_]/g, '0');

/** Mux's API to create, list, read and delete live streams. */
export async function startMux({ tokenId, tokenSecret }: { tokenId: string; tokenSecret: string }) {
  const streams = new Map<string, Stream>();
  const late: Stream[] = [];
  const asked: Record<string, unknown>[] = [];
  let fault: Fault | undefined;
  let created = 0;
  const authorization = `Basic ${Buffer.from(`${tokenId}:${tokenSecret}`).toString('base64')}`;

  function newStream(wanted: Wanted): Stream {
    hasOnly(wanted, fields);
    const policies = wanted.playback_policies ?? wanted.playback_policy ?? [];
    return {
      id: newId(),
      stream_key: `mux-stream-key-canary-${++created}`,
      created_at: String(Math.floor(Date.now() / 1000)),
      playback_ids: policies.map((policy) => ({ id: newId(), policy })),
      latency_mode: wanted.latency_mode ?? 'standard',
      ...(wanted.new_asset_settings && { new_asset_settings: wanted.new_asset_settings }),
      ...(wanted.passthrough && { passthrough: wanted.passthrough }),
      status: 'idle',
      reconnect_window: wanted.reconnect_window ?? 60,
      max_continuous_duration: wanted.max_continuous_duration ?? 43_200,
    };
  }

  function list(search: URLSearchParams): Stream[] {
    for (const name of search.keys()) {
      if (!['page', 'limit', 'status', 'stream_key'].includes(name)) throw invalid(`Unexpected parameter: ${name}`);
    }
    const [page, limit] = [Number(search.get('page') ?? 1), Number(search.get('limit') ?? 25)];
    if (!Number.isInteger(page) || page < 1) throw invalid('Invalid value for page');
    if (!Number.isInteger(limit) || limit < 1 || limit > MAX_PAGE) throw invalid('Invalid value for limit');
    const [status, key] = [search.get('status'), search.get('stream_key')];
    return [...streams.values()]
      .filter((stream) => (!status || stream.status === status) && (!key || stream.stream_key === key))
      .reverse()
      .slice((page - 1) * limit, page * limit);
  }

  /** @returns the status and the body, or undefined for a connection that is closed without an answer */
  async function answer(request: IncomingMessage): Promise<[number, unknown?] | undefined> {
    let body = '';
    for await (const chunk of request) body += chunk;
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://mux');
    if (request.headers.authorization !== authorization) throw new MuxError(401, 'unauthorized', 'Unauthorized request');
    if (fault === 'fails') throw new MuxError(500, 'internal_error', 'Internal error');
    if (pathname === PATH && request.method === 'POST') {
      if (!/^application\/json\b/.test(request.headers['content-type'] ?? '')) throw invalid('The body must be JSON');
      const wanted = JSON.parse(body);
      const stream = newStream(wanted);
      asked.push(wanted);
      if (fault === 'late') late.push(stream);
      else streams.set(stream.id, stream);
      return fault === 'late' || fault === 'loses' ? undefined : [201, { data: stream }];
    }
    if (pathname === PATH && request.method === 'GET') return [200, { data: list(searchParams) }];
    const stream = streams.get(pathname.slice(PATH.length + 1));
    if (!pathname.startsWith(`${PATH}/`) || !stream) throw notFound();
    if (request.method === 'GET') return [200, { data: stream }];
    if (request.method !== 'DELETE') throw notFound();
    streams.delete(stream.id);
    return [204];
  }

  const server = createServer(async (request, response) => {
    if (fault === 'down') return request.socket.destroy();
    const send = (status: number, body?: unknown) =>
      response.writeHead(status, { 'content-type': 'application/json' }).end(body === undefined ? undefined : JSON.stringify(body));
    try {
      const sent = await answer(request);
      if (sent) send(...sent);
      else request.socket.destroy();
    } catch (error) {
      if (error instanceof MuxError) send(error.status, { error: { type: error.type, messages: [error.message] } });
      else send(400, { error: { type: 'invalid_parameters', messages: [String(error)] } });
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    streams,
    /** The bodies of the requests to create a stream. */
    asked,
    setFault(value: Fault | undefined) {
      fault = value;
    },
    /** Creates the streams that were requested during the fault `late`. */
    catchUp() {
      for (const stream of late.splice(0)) streams.set(stream.id, stream);
    },
    async close() {
      server.close();
      server.closeAllConnections();
    },
  };
}
