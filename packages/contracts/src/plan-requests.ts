import { z } from 'zod';
import { defineRoute } from './define-route.ts';
import { planSchema } from './plans.ts';

const timestamp = z.iso.datetime();
const refusesApiKeys = 'An API key cannot manage its account';
/** A text of at most 500 characters; line breaks are its only control characters. */
const shortText = (name: string) =>
  z
    .string({ error: `${name} must be text` })
    .trim()
    .max(500, { error: `${name} must be at most 500 characters` })
    .regex(/^(?:\P{Cc}|\n)*$/u, { error: `${name} must not contain control characters` });

const request = z.strictObject({
  id: z.string(),
  plan: planSchema,
  message: z.string().nullable(),
  state: z.enum(['open', 'granted', 'refused']),
  createdAt: timestamp,
  decidedAt: timestamp.nullable(),
  /** The plan that an administrator granted; it may be another one. */
  grantedPlan: planSchema.nullable(),
  /** Why an administrator refused it. */
  reason: z.string().nullable(),
});
export type PlanRequestView = z.infer<typeof request>;

const one = z.strictObject({ request, status: z.literal('ok') });
export const requestPlan = defineRoute({
  id: 'requestPlan',
  summary: 'Ask the administrators for a plan; an account has at most one open request',
  method: 'POST',
  auth: 'caller',
  refusesApiKeys,
  body: z.object({ plan: planSchema, message: shortText('message').optional() }),
  status: 201,
  failure: 'Failed to request the plan',
  errors: ['INVALID_REQUEST', 'UNAUTHORIZED', 'FORBIDDEN', 'PLAN_REQUEST_OPEN'],
  backend: { path: '/api/plan-requests', response: one },
  web: { path: '/api/plan-requests', response: one },
});

const latest = z.strictObject({ request: request.nullable(), status: z.literal('ok') });
export const getPlanRequest = defineRoute({
  id: 'getPlanRequest',
  summary: "The account's latest request for a plan; null before the first",
  method: 'GET',
  auth: 'caller',
  refusesApiKeys,
  status: 200,
  failure: 'Failed to fetch the plan request',
  errors: ['UNAUTHORIZED', 'FORBIDDEN'],
  backend: { path: '/api/plan-requests', response: latest },
  web: { path: '/api/plan-requests', response: latest },
});

const waiting = z.strictObject({
  id: z.string(),
  userId: z.string(),
  email: z.string(),
  name: z.string().nullable(),
  /** The plan that the account has now. */
  currentPlan: planSchema.nullable(),
  plan: planSchema,
  message: z.string().nullable(),
  createdAt: timestamp,
});
export type WaitingPlanRequest = z.infer<typeof waiting>;
const list = z.strictObject({ requests: z.array(waiting), status: z.literal('ok') });
export const listPlanRequests = defineRoute({
  id: 'listPlanRequests',
  summary: 'The open requests for a plan, at most 100, oldest first',
  method: 'GET',
  auth: 'admin',
  status: 200,
  failure: 'Failed to list plan requests',
  errors: ['UNAUTHORIZED', 'FORBIDDEN'],
  backend: { path: '/api/admin/plan-requests', response: list },
  web: { path: '/api/admin/plan-requests', response: list },
});

const params = z.object({ id: z.string().regex(/^[A-Za-z0-9_-]{1,64}$/, { error: 'Invalid request id' }) });
const decisionErrors = ['INVALID_REQUEST', 'UNAUTHORIZED', 'FORBIDDEN', 'PLAN_REQUEST_NOT_FOUND', 'PLAN_REQUEST_CLOSED'] as const;
export const grantPlanRequest = defineRoute({
  id: 'grantPlanRequest',
  summary: 'Grant the requested plan, or `plan` instead of it',
  method: 'POST',
  auth: 'admin',
  params,
  body: z.object({ plan: planSchema.optional() }),
  status: 200,
  failure: 'Failed to grant the plan request',
  errors: decisionErrors,
  backend: { path: '/api/admin/plan-requests/:id/grant', response: one },
  web: { path: '/api/admin/plan-requests/:id/grant', response: one },
});

export const refusePlanRequest = defineRoute({
  id: 'refusePlanRequest',
  summary: 'Refuse a request for a plan; its user sees `reason`',
  method: 'POST',
  auth: 'admin',
  params,
  body: z.object({ reason: shortText('reason').optional() }),
  status: 200,
  failure: 'Failed to refuse the plan request',
  errors: decisionErrors,
  backend: { path: '/api/admin/plan-requests/:id/refuse', response: one },
  web: { path: '/api/admin/plan-requests/:id/refuse', response: one },
});
