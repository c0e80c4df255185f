import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { isIP } from 'node:net';
import { pipeline } from 'node:stream/promises';
import { AppError } from '@agentbot/contracts';
import type { Context } from '../../domain/context.ts';
import { callModel, ModelRefusal } from '../../domain/usage/call-model.ts';
import { modelDialects } from '../../domain/usage/dialects.ts';
import { createKeyCheck, type ModelAccess } from '../../domain/usage/model-access.ts';
import { createRunawayGuard } from '../../domain/usage/runaway-guard.ts';
import { slotOfAddress } from '../../infra/docker/slots.ts';
import { isThisMachine } from '../../infra/openclaw/model-endpoint.ts';
import type { ModelTarget } from '../../infra/openclaw/providers.ts';
import { unmapped } from '../../shared/ip-address.ts';
import { serverLimits } from '../../shared/server-limits.ts';

/** The largest request: a long conversation with pictures. */
const MAX_BODY_BYTES = 32 * 1024 * 1024;

/**
 * The status of a spent budget. Not 402: OpenClaw from 2026.9 takes that for an empty account at the provider, and then calls no
 * model for ten minutes to a day, also when the budget is raised. It draws no conclusion from this one.
 */
const BUDGET_STATUS = 412;

/** The path of a call: OpenClaw's name of the provider, then the path below the provider's base URL. */
const PATH = /^\/([a-z]+)(\/.*)$/;

/** The key of a request, in any of the places where the dialects have it. */
function keyOf({ headers }: IncomingMessage, url: URL): string {
  const [, bearer] = /^Bearer +(\S+)$/i.exec(headers.authorization ?? '') ?? [];
  return bearer ?? String(headers['x-api-key'] ?? headers['x-goog-api-key'] ?? url.searchParams.get('key') ?? '');
}

async function readBody(request: IncomingMessage): Promise<{ bytes: Buffer; body: Record<string, unknown> }> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > MAX_BODY_BYTES) throw new ModelRefusal(413, 'request_too_large', 'The request is too large');
    chunks.push(chunk);
  }
  const notJson = () => new ModelRefusal(400, 'invalid_json', 'The body must be a JSON object');
  const bytes = Buffer.concat(chunks);
  let body: unknown;
  try {
    body = JSON.parse(bytes.toString());
  } catch {
    throw notJson();
  }
  if (typeof body !== 'object' || body === null || Array.isArray(body)) throw notJson();
  return { bytes, body: body as Record<string, unknown> };
}

/** Whether a key is used by the container that it belongs to; the machine itself may use every key. */
const isAtHome = ({ agent }: ModelAccess, subnet: string, address: string): boolean => {
  const slot = slotOfAddress(subnet, address);
  return slot === undefined ? isThisMachine(address) : slot === agent.slot;
};

/**
 * The model gateway: agents' containers call their models through it with virtual keys, and it calls the providers with the
 * real ones. It listens on all addresses, since each agent reaches it in its own network; it answers only agents and this machine.
 */
export function createModelGateway(context: Context): Server {
  const { config, log } = context;
  const accessOf = createKeyCheck(context);
  const guard = createRunawayGuard(context.clock);

  async function answer(request: IncomingMessage, response: ServerResponse, signal: AbortSignal): Promise<void> {
    const url = new URL(request.url ?? '/', 'http://model-gateway');
    const [, gatewayName, path = ''] = PATH.exec(url.pathname) ?? [];
    const access = await accessOf(keyOf(request, url));
    const address = unmapped(request.socket.remoteAddress ?? '');
    if (!access || !isAtHome(access, config.AGENT_SUBNET, address)) throw new ModelRefusal(401, 'invalid_api_key', 'Invalid key');
    if (access.agent.suspendedAt) throw new ModelRefusal(403, 'suspended', 'The subscription of the agent’s owner has ended');
    const targets = access.targets.filter((target) => target.gatewayName === gatewayName);
    const [first] = targets;
    if (request.method !== 'POST' || !first) throw new ModelRefusal(404, 'not_found', 'The model gateway does not serve this path');
    const { bytes, body } = await readBody(request);
    const model = modelDialects[first.api].read(path, body)?.model;
    const target = targets.find((each) => each.model === model);
    if (model !== undefined && !target) throw new ModelRefusal(404, 'model_not_found', 'This agent may call only its own models');
    guard(access.agent, bytes);
    url.searchParams.delete('key');
    const {
      status,
      headers,
      body: content,
    } = await callModel(context, access, {
      source: 'agent',
      target: target ?? first,
      path,
      search: url.search,
      headers: request.headers,
      body,
      signal,
    });
    response.writeHead(status, headers);
    response.flushHeaders();
    await pipeline(content, response);
  }

  function refuse(request: IncomingMessage, response: ServerResponse, error: unknown): void {
    if (response.headersSent || response.destroyed) return void response.destroy();
    const [, gatewayName] = PATH.exec(request.url ?? '') ?? [];
    const api: ModelTarget['api'] =
      gatewayName === 'anthropic' ? 'anthropic-messages' : gatewayName === 'google' ? 'google-generative-ai' : 'openai-completions';
    const isUnreachable = error instanceof TypeError && error.message === 'fetch failed';
    if (!(error instanceof ModelRefusal || error instanceof AppError) && !isUnreachable)
      log.warn({ err: error }, 'the model gateway failed');
    const isForbidden = error instanceof AppError && error.code === 'FORBIDDEN';
    const refusal =
      error instanceof ModelRefusal
        ? error
        : isForbidden
          ? new ModelRefusal(403, 'address_not_allowed', error.message)
          : isUnreachable
            ? new ModelRefusal(502, 'unreachable', `The model provider cannot be reached (${reasonOf(error)})`)
            : new ModelRefusal(500, 'internal', 'The model gateway failed');
    const { code, message } = refusal;
    const status = code === 'BUDGET_EXCEEDED' ? BUDGET_STATUS : refusal.status;
    // The rest of a large body is not read.
    const headers = {
      'content-type': 'application/json',
      // The clients of the model APIs repeat some refusals otherwise.
      ...(status < 500 && { 'x-should-retry': 'false' }),
      ...(request.complete ? {} : { connection: 'close' }),
    };
    response.writeHead(status, headers).end(JSON.stringify(modelDialects[api].error(status, code, message)));
  }

  const { headersTimeout, connectionsCheckingInterval, maxHeaderSize } = serverLimits;
  // A container may send a large body slowly while it is busy.
  const server = createServer(
    { headersTimeout, connectionsCheckingInterval, maxHeaderSize, requestTimeout: 120_000, keepAliveTimeout: 65_000 },
    async (request, response) => {
      const aborted = new AbortController();
      response.once('close', () => aborted.abort());
      try {
        await answer(request, response, aborted.signal);
      } catch (error) {
        refuse(request, response, error);
      }
    },
  );
  server.on('connection', (socket) => {
    const address = unmapped(socket.remoteAddress ?? '');
    if (isIP(address) === 0 || (slotOfAddress(config.AGENT_SUBNET, address) === undefined && !isThisMachine(address))) socket.destroy();
  });
  return server;
}

/** The code of a failed connection, such as `ECONNREFUSED`. */
function reasonOf({ cause }: { cause?: unknown }): string {
  return String((cause as { code?: string } | undefined)?.code ?? 'no answer');
}
