import { AppError } from '@agentbot/contracts';
import Docker from 'dockerode';
import { SlotTakenError } from './container-host.ts';

/** A client of the engine. @param timeout of each call, in milliseconds; 0 for none */
export function connect(host: string | undefined, timeout: number): Docker {
  // Engines from API 1.41 on are supported, and none is asked for more.
  const version = 'v1.41';
  const url = new URL(host || 'unix:///var/run/docker.sock');
  if (url.protocol === 'unix:') return new Docker({ version, socketPath: url.pathname, timeout });
  return new Docker({
    version,
    protocol: url.protocol === 'https:' ? 'https' : 'http',
    host: url.hostname,
    port: url.port || 2375,
    timeout,
  });
}

/** What is to be made, for the engine's client: left to itself, it writes all of it into the address as well, also secrets. */
export const described = <T extends object>(body: T, query: Record<string, string> = {}) =>
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
