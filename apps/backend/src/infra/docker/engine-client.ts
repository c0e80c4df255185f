import { Agent, type ClientRequest, type IncomingMessage } from 'node:http';
import { Agent as TlsAgent } from 'node:https';
import { inspect } from 'node:util';
import { AppError } from '@agentbot/contracts';
import Docker from 'dockerode';
import { SlotTakenError } from './container-host.ts';

/** The oldest supported version of the engine's API; calls use it unless an engine requires another. */
const MIN_API_VERSION = 'v1.41';
/** The engine of this machine. */
export const DEFAULT_ENGINE = 'unix:///var/run/docker.sock';
/** API versions that engines require, by host; only those that refuse the minimum. */
const requiredVersions = new Map<string, string>();

interface DialOptions {
  path: string;
  file?: unknown;
}
interface Modem {
  dial: (options: DialOptions, callback: (error: EngineError | null, data?: unknown) => void) => void;
}

/**
 * Makes a client switch to the API version that its engine requires. An engine refuses versions that are too old and names
 * the oldest that it accepts; engine 29 requires 1.44.
 * @see https://docs.docker.com/reference/api/engine/#versioned-api-and-sdk
 */
function agreeOnVersion(docker: Docker, host: string): Docker {
  const modem = docker.modem as unknown as Modem;
  const dial = modem.dial.bind(modem);
  Object.defineProperty(modem, 'version', { get: () => requiredVersions.get(host) ?? MIN_API_VERSION });
  modem.dial = (options, callback) => {
    const { path } = options;
    const usedVersion = requiredVersions.get(host) ?? MIN_API_VERSION;
    dial(options, (error, data) => {
      const [, required] = /M(?:in|ax)imum supported API version is (1\.(?:4[1-9]|[5-9]\d))/.exec(error?.message ?? '') ?? [];
      // At most one retry; a streamed body cannot be sent again.
      if (!required || `v${required}` === usedVersion || options.file) return callback(error, data);
      requiredVersions.set(host, `v${required}`);
      dial({ ...options, path }, callback);
    });
  };
  return docker;
}

/**
 * Makes an agent report a response without an end as an error of its request. The client listens to the response's end only:
 * otherwise its call would never settle when the engine ends, or stalls, in the middle of a response.
 *
 * Gives the agent a short text for `util.inspect`, too. docker-modem inspects it with all its sockets at each call, for a debug
 * log that is off: with fifty containers this used most of a processor core.
 */
function prepareAgent<T extends Agent>(agent: T): T {
  const target = agent as unknown as { addRequest: (request: ClientRequest, options: object) => void };
  const addRequest = target.addRequest.bind(agent);
  target.addRequest = (request, options) => {
    request.once('response', (response: IncomingMessage) =>
      response.once('close', () => {
        if (response.complete) return;
        request.emit('error', Object.assign(new Error('The response of the engine has no end'), { code: 'ECONNRESET' }));
      }),
    );
    addRequest(request, options);
  };
  return Object.assign(agent, { [inspect.custom]: () => 'Agent' });
}

/**
 * Creates a client of an engine.
 * @param timeout of each call, in milliseconds; 0 for no timeout
 * @param ownAgent opens the connections; by default an HTTP agent that keeps them open
 */
export function connect(host: string | undefined, timeout: number, ownAgent?: Agent): Docker {
  const url = new URL(host || DEFAULT_ENGINE);
  const isTls = url.protocol === 'https:';
  const tcp = { protocol: isTls ? 'https' : 'http', host: url.hostname, port: url.port || 2375 } as const;
  const address = url.protocol === 'unix:' ? { socketPath: url.pathname } : tcp;
  const agent = prepareAgent(ownAgent ?? (isTls ? new TlsAgent({ keepAlive: true }) : new Agent({ keepAlive: true })));
  // Dockerode's types lack `agent`: a variable avoids the check for unknown properties.
  const options = { ...address, timeout, agent };
  return agreeOnVersion(new Docker(options), url.href);
}

/** Separates body and query for dockerode: by default it copies the whole body, secrets included, into the URL's query. */
export const bodyAndQuery = <T extends object>(body: T, query: Record<string, string> = {}) =>
  ({ _body: body, _query: query }) as unknown as T;

/** The errors that dockerode throws. */
export interface EngineError {
  code?: string;
  statusCode?: number;
  message?: string;
}

const unreachableCodes = ['ECONNREFUSED', 'ENOENT', 'EACCES', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'ENOTFOUND'];
const isUnreachable = ({ code }: EngineError) => unreachableCodes.includes(code ?? '');
const isSlotClash = ({ message }: EngineError) => /port is already allocated|address already in use|Pool overlaps/i.test(message ?? '');

/**
 * Waits for an engine call and maps its errors.
 * @param accept HTTP statuses that count as success; the result is then undefined
 * @throws AppError DOCKER_UNAVAILABLE, OPERATION_FAILED for a runtime that the engine does not know or a network that is in use,
 *   SlotTakenError, otherwise dockerode's own error
 */
export async function call<T>(request: Promise<T>, accept: number[] = []): Promise<T | undefined> {
  try {
    return await request;
  } catch (thrown) {
    const error = thrown as EngineError;
    if (isUnreachable(error)) throw new AppError('DOCKER_UNAVAILABLE', undefined, { cause: error });
    const runtime = /unknown (?:or invalid runtime name:|runtime specified) (\S+)/i.exec(error.message ?? '')?.[1];
    if (runtime)
      throw new AppError('OPERATION_FAILED', `The engine has no runtime ${runtime}: AGENT_RUNTIME must name one of its own`, {
        cause: error,
      });
    const network = /network (\S+) .*has active endpoints/.exec(error.message ?? '')?.[1];
    if (network) {
      const sentence = `A container that is not the agent's is connected to the network ${network}: disconnect it, then try again`;
      throw new AppError('OPERATION_FAILED', sentence, { cause: error });
    }
    if (isSlotClash(error)) throw new SlotTakenError('The port or subnet is in use', { cause: error });
    if (accept.includes(error.statusCode ?? 0)) return undefined;
    throw thrown;
  }
}

/** Parses a stream with one JSON document per line. */
export async function* jsonLines(stream: NodeJS.ReadableStream): AsyncGenerator<unknown> {
  let rest = '';
  for await (const chunk of stream) {
    const lines = (rest + String(chunk)).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) if (line) yield JSON.parse(line);
  }
}
