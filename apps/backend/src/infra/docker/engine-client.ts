import { AppError } from '@agentbot/contracts';
import Docker from 'dockerode';
import { SlotTakenError } from './container-host.ts';

/** Engines from this version of the API on are supported, and none is asked for more than it must be. */
const OLDEST = 'v1.41';
/** The engine of this machine. */
export const DEFAULT_ENGINE = 'unix:///var/run/docker.sock';
/** The version that an engine wants to be spoken to in, where that is another. */
const versions = new Map<string, string>();

interface DialOptions {
  path: string;
  file?: unknown;
}
interface Modem {
  dial: (options: DialOptions, callback: (error: EngineError | null, data?: unknown) => void) => void;
}

/**
 * Lets a client speak the version that its engine wants: engines refuse what has become too old for them, and say what is
 * not; those from 29 on want 1.44.
 * @see https://docs.docker.com/reference/api/engine/#versioned-api-and-sdk
 */
function agreeOnVersion(docker: Docker, host: string): Docker {
  const modem = docker.modem as unknown as Modem;
  const dial = modem.dial.bind(modem);
  Object.defineProperty(modem, 'version', { get: () => versions.get(host) ?? OLDEST });
  modem.dial = (options, callback) => {
    const { path } = options;
    const spoken = versions.get(host) ?? OLDEST;
    dial(options, (error, data) => {
      const [, wanted] = /M(?:in|ax)imum supported API version is (1\.(?:4[1-9]|[5-9]\d))/.exec(error?.message ?? '') ?? [];
      // Asked once more, and no further; what was sent from a stream cannot be sent again.
      if (!wanted || `v${wanted}` === spoken || options.file) return callback(error, data);
      versions.set(host, `v${wanted}`);
      dial({ ...options, path }, callback);
    });
  };
  return docker;
}

/** A client of the engine. @param timeout of each call, in milliseconds; 0 for none */
export function connect(host: string | undefined, timeout: number): Docker {
  const url = new URL(host || DEFAULT_ENGINE);
  const tcp = { protocol: url.protocol === 'https:' ? 'https' : 'http', host: url.hostname, port: url.port || 2375 } as const;
  const at = url.protocol === 'unix:' ? { socketPath: url.pathname } : tcp;
  return agreeOnVersion(new Docker({ ...at, timeout }), url.href);
}

/** What is to be made, for the engine's client: left to itself, it writes all of it into the address as well, also secrets. */
export const describeError = <T extends object>(body: T, query: Record<string, string> = {}) =>
  ({ _body: body, _query: query }) as unknown as T;

/** What the engine's client throws. */
export interface EngineError {
  code?: string;
  statusCode?: number;
  message?: string;
}

const unreachable = ['ECONNREFUSED', 'ENOENT', 'EACCES', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'ENOTFOUND'];
const isUnreachable = ({ code }: EngineError) => unreachable.includes(code ?? '');
const isSlotClash = ({ message }: EngineError) => /port is already allocated|address already in use|Pool overlaps/i.test(message ?? '');

/**
 * Turns the engine's errors into ours; statuses in `accept` count as done.
 * @throws AppError DOCKER_UNAVAILABLE, SlotTakenError, else what the engine's client threw
 */
export async function call<T>(work: Promise<T>, accept: number[] = []): Promise<T | undefined> {
  try {
    return await work;
  } catch (thrown) {
    const error = thrown as EngineError;
    if (isUnreachable(error)) throw new AppError('DOCKER_UNAVAILABLE', undefined, { cause: error });
    if (isSlotClash(error)) throw new SlotTakenError('The port or subnet is in use', { cause: error });
    if (accept.includes(error.statusCode ?? 0)) return undefined;
    throw thrown;
  }
}

/** A stream of the engine that sends one JSON document a line. */
export async function* jsonLines(stream: NodeJS.ReadableStream): AsyncGenerator<unknown> {
  let rest = '';
  for await (const chunk of stream) {
    const lines = (rest + String(chunk)).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) if (line) yield JSON.parse(line);
  }
}
