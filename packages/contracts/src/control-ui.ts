import { z } from 'zod';
import { agentParams } from './agents.ts';
import { defineRoute } from './define-route.ts';

const opened = z.strictObject({
  /** The Control UI on the agent's own host name. The fragment holds the gateway token, which browsers send to no server. */
  url: z.string(),
  /** Until then the gateway accepts one new browser with this address. */
  expiresAt: z.iso.datetime(),
});
export const openControlUi = defineRoute({
  id: 'openControlUi',
  summary: "An address that opens the Control UI of a running agent's gateway, signed in; the first browser within two minutes is paired",
  method: 'POST',
  auth: 'caller',
  audit: true,
  params: agentParams,
  status: 200,
  failure: 'Failed to open the Control UI',
  errors: ['UNAUTHORIZED', 'AGENT_NOT_FOUND', 'AGENT_NOT_RUNNING', 'GATEWAY_UNAVAILABLE'],
  backend: { path: '/api/agents/:id/control-ui', response: opened },
  web: { path: '/api/agents/:id/control-ui', response: opened },
});
