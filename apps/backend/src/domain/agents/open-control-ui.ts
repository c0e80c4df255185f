import { AppError } from '@agentbot/contracts';
import { readAgentSecrets } from '../../infra/crypto/agent-secrets.ts';
import { approveNextBrowser, removeBrowsers } from '../../infra/openclaw/browser-pairing.ts';
import type { Actor } from '../../shared/actor.ts';
import { msAgo, msAhead } from '../../shared/clock.ts';
import type { Context } from '../context.ts';
import { agentUrl } from './addresses.ts';
import { getAgent } from './agents.ts';
import { requireGateway, throwGatewayUnavailable } from './gateway.ts';

/** How long a new browser may use the address. */
const WINDOW_MS = 2 * 60_000;
/** How long a browser stays paired, at least until the address is asked for again. */
const PAIRED_MS = 12 * 3_600_000;

/**
 * The address of an agent's Control UI for its owner, signed in by the gateway token in its fragment. The gateway pairs each new
 * browser: the first one within two minutes is approved, and the access of those from more than twelve hours ago ends.
 * @throws AppError AGENT_NOT_FOUND, AGENT_NOT_RUNNING, GATEWAY_UNAVAILABLE
 */
export async function openControlUi(context: Context, actor: Actor, id: string): Promise<{ url: string; expiresAt: string }> {
  const { database, envelope, config, clock, log } = context;
  const agent = await getAgent(context, actor, id);
  const gateway = await requireGateway(context, agent);
  await removeBrowsers(gateway, msAgo(clock, PAIRED_MS)).catch(throwGatewayUnavailable);
  const { gatewayToken } = await database.as('service', (tx) => readAgentSecrets(tx, envelope, id, ['gatewayToken']));
  if (!gatewayToken) throw new AppError('GATEWAY_UNAVAILABLE');
  approveNextBrowser(gateway, WINDOW_MS, (error) => {
    if (error) log.warn({ err: error, agentId: id }, 'a browser could not be paired with the Control UI');
    else log.info({ agentId: id }, 'a browser was paired with the Control UI');
  });
  return { url: `${agentUrl(agent, config)}/#token=${gatewayToken}`, expiresAt: msAhead(clock, WINDOW_MS).toISOString() };
}
