import { AppError, type ChannelView } from '@agentbot/contracts';
import type { Agent } from '../../generated/prisma/client.ts';
import { agentSecretValues, readAgentSecrets, type SecretName } from '../../infra/crypto/agent-secrets.ts';
import type { Actor } from '../../shared/actor.ts';
import { redact } from '../../shared/redact.ts';
import { getAgent } from '../agents/agents.ts';
import { gatewayOf, hasGateway, throwGatewayError } from '../agents/gateway.ts';
import type { Context } from '../context.ts';

type Channel = ChannelView['channel'];
/** What `channels.status` says of an account; times are in milliseconds since 1970. */
interface Account {
  running?: boolean;
  connected?: boolean;
  linked?: boolean;
  lastError?: string | null;
  lastInboundAt?: number | null;
  lastOutboundAt?: number | null;
}
interface Status {
  channels: Partial<Record<Channel, { self?: { e164?: string | null } }>>;
  channelAccounts: Partial<Record<Channel, Account[]>>;
}

const tokens = { telegram: 'telegramToken', discord: 'discordBotToken', whatsapp: 'whatsappToken' } as const satisfies Record<
  Channel,
  SecretName
>;
/** How long the gateway may take to get a QR code, in milliseconds. */
const QR_MS = 25_000;
/** How long a QR code may take to be scanned. */
const SCAN_MS = 180_000;

async function configured({ database, envelope }: Context, agentId: string): Promise<Channel[]> {
  const secrets = await database.as('service', (tx) => readAgentSecrets(tx, envelope, agentId));
  return (Object.keys(tokens) as Channel[]).filter((channel) => secrets[tokens[channel]]);
}

function stateOf(channel: Channel, { running, connected, linked, lastError }: Account): ChannelView['state'] {
  if (channel === 'whatsapp') {
    if (!linked) return 'pairing';
    return connected ? 'connected' : lastError ? 'error' : 'connecting';
  }
  if (lastError) return 'error';
  return running && connected !== false ? 'connected' : 'connecting';
}

const time = (at: number | null | undefined) => (at ? new Date(at).toISOString() : null);

/** What the gateway says of its channels; a sentence when it says nothing. */
const ask = (context: Context, agent: Agent): Promise<Status | string> =>
  gatewayOf(context, agent)
    .then((gateway) => gateway.request<Status>('channels.status', { probe: false }).catch(throwGatewayError))
    .catch((error) => (error instanceof AppError ? error.message : Promise.reject(error)));

/** An agent's channels as its gateway sees them. @throws AppError AGENT_NOT_FOUND */
export async function listChannels(context: Context, actor: Actor, id: string): Promise<ChannelView[]> {
  const agent = await getAgent(context, actor, id);
  const names = await configured(context, id);
  const unknown = { account: null, error: null, lastInboundAt: null, lastOutboundAt: null };
  if (!hasGateway(agent)) return names.map((channel) => ({ channel, state: 'off', ...unknown }));
  if (names.length === 0) return [];
  const [status, secrets] = await Promise.all([ask(context, agent), agentSecretValues(context, id)]);
  if (typeof status === 'string') return names.map((channel) => ({ channel, ...unknown, state: 'error', error: status }));
  return names.map((channel) => {
    const account = status.channelAccounts[channel]?.[0] ?? {};
    const state = stateOf(channel, account);
    return {
      channel,
      state,
      account: status.channels[channel]?.self?.e164 ?? null,
      // A channel's error may tell the address that it called, with the token in it.
      error: account.lastError && state === 'error' ? redact(account.lastError, secrets) : null,
      lastInboundAt: time(account.lastInboundAt),
      lastOutboundAt: time(account.lastOutboundAt),
    };
  });
}

async function withWhatsApp(context: Context, actor: Actor, id: string): Promise<Agent> {
  const agent = await getAgent(context, actor, id);
  if (!(await configured(context, id)).includes('whatsapp')) {
    throw new AppError('INVALID_REQUEST', 'WhatsApp is not configured for this agent');
  }
  return agent;
}

/**
 * Begins to link an agent to a WhatsApp account: the gateway's QR code. Once it is scanned the channel starts by itself.
 * @throws AppError AGENT_NOT_FOUND, INVALID_REQUEST without WhatsApp, OPERATION_FAILED when the gateway gets no code
 */
export async function linkWhatsApp(context: Context, actor: Actor, id: string) {
  const gateway = await gatewayOf(context, await withWhatsApp(context, actor, id));
  const start = { timeoutMs: QR_MS };
  const { qrDataUrl, message } = await gateway
    .request<{ qrDataUrl?: string; message: string }>('web.login.start', start, QR_MS + 5_000)
    .catch(throwGatewayError);
  if (!qrDataUrl) {
    if (/already linked/i.test(message)) return { qr: null, message, status: 'linked' as const };
    throw new AppError('OPERATION_FAILED', `WhatsApp gave no QR code: ${message}`);
  }
  // The gateway starts the channel when somebody has waited for the scan.
  const wait = gateway.request('web.login.wait', { timeoutMs: SCAN_MS }, SCAN_MS + 5_000);
  context.background(wait.then(() => undefined).catch(() => undefined));
  return { qr: qrDataUrl, message, status: 'pairing' as const };
}

/** Unlinks an agent from its WhatsApp account. @throws AppError AGENT_NOT_FOUND, INVALID_REQUEST, OPERATION_FAILED */
export async function unlinkWhatsApp(context: Context, actor: Actor, id: string): Promise<void> {
  const gateway = await gatewayOf(context, await withWhatsApp(context, actor, id));
  await gateway.request('channels.logout', { channel: 'whatsapp' }).catch(throwGatewayError);
}
