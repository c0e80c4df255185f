import { createHmac } from 'node:crypto';

const PREFIX = 'avk_';

/**
 * The key that an agent's container has instead of a provider's key. It derives from the gateway token, so that it is replaced with
 * it, and nothing more is stored. It works for this agent only, and only at the model gateway.
 */
export function virtualKey(agentId: string, gatewayToken: string): string {
  const proof = createHmac('sha256', gatewayToken).update(`model gateway ${agentId}`).digest('base64url');
  return `${PREFIX}${Buffer.from(agentId).toString('base64url')}.${proof}`;
}

/** The agent that a virtual key claims to be of; undefined for another text. The claim must be checked with `virtualKey`. */
export function agentOfVirtualKey(key: string): string | undefined {
  const [, encoded] = /^avk_([\w-]+)\.[\w-]{43}$/.exec(key) ?? [];
  return encoded && Buffer.from(encoded, 'base64url').toString();
}
