import { AppError, type ChannelView } from '@agentbot/contracts';
import type { Agent } from '../../generated/prisma/client.ts';
import { agentSecretValues, readAgentSecrets, type SecretName } from '../../infra/crypto/agent-secrets.ts';
import type { Actor } from '../../shared/actor.ts';
import { redact } from '../../shared/redact.ts';
import { getAgent } from '../agents/agents.ts';
import { gatewayOf, hasGateway, throwGatewayError } from '../agents/gateway.ts';
import type { Context } from '../context.ts';

type Channel = ChannelView['channel'];
/** An account in the gateway's `channels.status` response; times are in milliseconds since 1970. */
interface ChannelAccount {
  running?: boolean;
  connected?: boolean;
  linked?: boolean;
  lastError?: string | null;
  lastInboundAt?: number | null;
  lastOutboundAt?: number | null;
}
interface GatewayStatus {
  channels: Partial<Record<Channel, { self?: { e164?: string | null } }>>;
  channelAccounts: Partial<Record<Channel, ChannelAccount[]>>;
}

const tokenNames = {
  telegram: 'telegramToken',
  discord: 'discordBotToken',
  whatsapp: 'whatsappToken',
  slack: 'slackBotToken',
} as const satisfies Record<Channel, SecretName>;
/** Timeout for the gateway to get a QR code from WhatsApp. */
const QR_TIMEOUT_MS = 25_000;
/** Timeout for the user to scan the QR code. */
const SCAN_TIMEOUT_MS = 180_000;
/** The gateway answers at its own timeout; its response may take this much longer to arrive. */
const RESPONSE_MARGIN_MS = 5_000;

async function configuredChannels({ database, envelope }: Context, agentId: string): Promise<Channel[]> {
  const secrets = await database.as('service', (tx) => readAgentSecrets(tx, envelope, agentId));
  return (Object.keys(tokenNames) as Channel[]).filter((channel) => secrets[tokenNames[channel]]);
}

function stateOf(channel: Channel, { running, connected, linked, lastError }: ChannelAccount): ChannelView['state'] {
  if (channel === 'whatsapp') {
    if (!linked) return 'pairing';
    return connected ? 'connected' : lastError ? 'error' : 'connecting';
  }
  if (lastError) return 'error';
  return running && connected !== false ? 'connected' : 'connecting';
}

const isoTime = (at: number | null | undefined) => (at ? new Date(at).toISOString() : null);

/** The gateway's channel status; the public error message when the gateway fails. */
const readStatus = (context: Context, agent: Agent): Promise<GatewayStatus | string> =>
  gatewayOf(context, agent)
    .then((gateway) => gateway.request<GatewayStatus>('channels.status', { probe: false }).catch(throwGatewayError))
    .catch((error) => (error instanceof AppError ? error.message : Promise.reject(error)));

/** An agent's configured channels with their state in the gateway. @throws AppError AGENT_NOT_FOUND */
export async function listChannels(context: Context, actor: Actor, id: string): Promise<ChannelView[]> {
  const agent = await getAgent(context, actor, id);
  const names = await configuredChannels(context, id);
  const unknown = { account: null, error: null, lastInboundAt: null, lastOutboundAt: null };
  if (!hasGateway(agent)) return names.map((channel) => ({ channel, state: 'off', ...unknown }));
  if (names.length === 0) return [];
  const [status, secrets] = await Promise.all([readStatus(context, agent), agentSecretValues(context, id)]);
  if (typeof status === 'string') return names.map((channel) => ({ channel, ...unknown, state: 'error', error: status }));
  return names.map((channel) => {
    const account = status.channelAccounts[channel]?.[0] ?? {};
    const state = stateOf(channel, account);
    return {
      channel,
      state,
      account: status.channels[channel]?.self?.e164 ?? null,
      // The error may contain the URL of the call, and Telegram's URLs contain the token.
      error: account.lastError && state === 'error' ? redact(account.lastError, secrets) : null,
      lastInboundAt: isoTime(account.lastInboundAt),
      lastOutboundAt: isoTime(account.lastOutboundAt),
    };
  });
}

async function getWhatsAppAgent(context: Context, actor: Actor, id: string): Promise<Agent> {
  const agent = await getAgent(context, actor, id);
  if (!(await configuredChannels(context, id)).includes('whatsapp')) {
    throw new AppError('INVALID_REQUEST', 'WhatsApp is not configured for this agent');
  }
  return agent;
}

/**
 * Starts to link an agent to a WhatsApp account and returns the gateway's QR code as a data URL. The gateway starts the channel
 * after the scan.
 * @throws AppError AGENT_NOT_FOUND, INVALID_REQUEST without WhatsApp, OPERATION_FAILED when the gateway returns no code
 */
export async function linkWhatsApp(context: Context, actor: Actor, id: string) {
  const gateway = await gatewayOf(context, await getWhatsAppAgent(context, actor, id));
  const start = { timeoutMs: QR_TIMEOUT_MS };
  const { qrDataUrl, message } = await gateway
    .request<{ qrDataUrl?: string; message: string }>('web.login.start', start, QR_TIMEOUT_MS + RESPONSE_MARGIN_MS)
    .catch(throwGatewayError);
  if (!qrDataUrl) {
    if (/already linked/i.test(message)) return { qr: null, message, status: 'linked' as const };
    throw new AppError('OPERATION_FAILED', `WhatsApp returned no QR code: ${message}`);
  }
  // The gateway starts the channel only if a client has waited for the scan.
  const scan = gateway.request('web.login.wait', { timeoutMs: SCAN_TIMEOUT_MS }, SCAN_TIMEOUT_MS + RESPONSE_MARGIN_MS);
  context.background(scan.then(() => undefined).catch(() => undefined));
  return { qr: qrDataUrl, message, status: 'pairing' as const };
}

/** Unlinks an agent from its WhatsApp account. @throws AppError AGENT_NOT_FOUND, INVALID_REQUEST, OPERATION_FAILED */
export async function unlinkWhatsApp(context: Context, actor: Actor, id: string): Promise<void> {
  const gateway = await gatewayOf(context, await getWhatsAppAgent(context, actor, id));
  await gateway.request('channels.logout', { channel: 'whatsapp' }).catch(throwGatewayError);
}
