import type { OverviewRow } from '@agentbot/contracts';
import { msg } from '@lingui/core/macro';
import { say } from '../../lib/language/texts.ts';

const warnings = {
  with_key: msg`Restart to apply: this container still holds the provider’s key. It was made before the model gateway, so its calls are not counted, and no budget holds for them.`,
  without_key: msg`Restart to apply: this container was made before the model gateway. Its calls are not counted, and no budget holds for them.`,
};

/** Says why an old container should be restarted; undefined for a container that calls its models through the gateway. */
export const bypassWarning = ({ gatewayBypass }: Pick<OverviewRow, 'gatewayBypass'>): string | undefined =>
  gatewayBypass ? say(warnings[gatewayBypass]) : undefined;
