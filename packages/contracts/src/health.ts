import { z } from 'zod';
import { defineRoute } from './define-route.ts';

const health = z.strictObject({
  status: z.literal('ok'),
  timestamp: z.iso.datetime(),
  docker: z.enum(['available', 'unavailable']),
  provisioning: z.enum(['enabled', 'disabled']),
});
export type Health = z.infer<typeof health>;

export const getHealth = defineRoute({
  id: 'getHealth',
  summary: 'Whether the backend answers, Docker is reachable and provisioning is on',
  method: 'GET',
  auth: 'public',
  status: 200,
  failure: 'Failed to check health',
  errors: [],
  backend: { path: '/health', response: health },
  web: { path: '/api/health', response: health },
});
