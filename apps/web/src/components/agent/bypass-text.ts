import type { OverviewRow } from '@agentbot/contracts';

const since = {
  with_key: 'this container still holds the provider’s key. It was made before the model gateway, so its',
  without_key: 'this container was made before the model gateway. Its',
} as const;

/** Says why an old container should be restarted; undefined for a container that calls its models through the gateway. */
export const bypassWarning = ({ gatewayBypass }: Pick<OverviewRow, 'gatewayBypass'>): string | undefined =>
  gatewayBypass ? `Restart to apply: ${since[gatewayBypass]} calls are not counted, and no budget holds for them.` : undefined;
