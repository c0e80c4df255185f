import { z } from 'zod';
import { agentConfigSchema, agentIdSchema, agentParams, modelSchema } from './agents.ts';
import { defineRoute } from './define-route.ts';
import { wholeNumber } from './paging.ts';

/** The highest budget and the highest price per million tokens, in dollars. */
const MAX_USD = 1_000_000;
/** Dollars; at most six digits after the point are kept. */
const dollars = (name: string) => {
  const error = `${name} must be a number of dollars from 0 to ${MAX_USD}`;
  return z.number({ error }).min(0, { error }).max(MAX_USD, { error });
};

const price = z.strictObject({
  /** Dollars per million tokens. */
  inputUsd: dollars('price.inputUsd'),
  outputUsd: dollars('price.outputUsd'),
});

const budgetBody = z.strictObject({
  /** Null removes the budget; an absent field keeps it. */
  dailyUsd: dollars('dailyUsd').nullable().optional(),
  monthlyUsd: dollars('monthlyUsd').nullable().optional(),
});
const accountBudgetBody = budgetBody.extend({
  /** Whether notices of budgets are mailed to the account's confirmed address. */
  mails: z.boolean({ error: 'mails must be true or false' }).optional(),
});
const agentBudgetBody = budgetBody.extend({
  /** The price of the agent's own endpoint, or of a model whose price is not known. */
  price: price.nullable().optional(),
});
/** A change to a budget; absent fields stay. */
export type BudgetChange = z.infer<typeof agentBudgetBody>;
export type AccountBudgetChange = z.infer<typeof accountBudgetBody>;

const budget = z.strictObject({
  dailyUsd: z.number().nullable(),
  monthlyUsd: z.number().nullable(),
});
const accountBudget = budget.extend({ mails: z.boolean() });
export type AccountBudget = z.infer<typeof accountBudget>;
const agentBudget = budget.extend({ price: price.nullable() });
export type Budget = z.infer<typeof agentBudget>;

/** A limit of the account, and what the account has spent of it. */
const limit = z.strictObject({
  usd: z.number(),
  spentUsd: z.number(),
  /** The account's own budget, or the operator's default for the plan of its agents. */
  source: z.enum(['account', 'plan']),
});
/** The limits of an account as they hold; null where there is none. For agents of several plans, the lowest default. */
const accountLimits = z.strictObject({ daily: limit.nullable(), monthly: limit.nullable() });
export type AccountLimits = z.infer<typeof accountLimits>;

/** The calls of a group, their tokens and their cost. */
export const usageFigures = {
  requests: z.int(),
  inputTokens: z.int(),
  /** The part of `inputTokens` that the provider read from its cache. */
  cachedTokens: z.int(),
  outputTokens: z.int(),
  costUsd: z.number(),
};
/** The percentages of a budget at which its owner gets a notice. The last one also counts as reached when a call is refused. */
export const budgetThresholds = [50, 80, 100] as const;
const budgetNotice = z.strictObject({
  period: z.enum(['day', 'month']),
  percent: z.literal(budgetThresholds),
  /** The budget, in dollars. */
  usd: z.number(),
  at: z.iso.datetime(),
});
export type BudgetNotice = z.infer<typeof budgetNotice>;

const usage = {
  /** The notices of the budget of today and this month, latest first. */
  notices: z.array(budgetNotice),
  /** Days and months begin at midnight UTC. */
  spent: z.strictObject({
    dayUsd: z.number(),
    monthUsd: z.number(),
    /** The worst case of the calls that are running. */
    reservedUsd: z.number(),
  }),
  /** Only days with calls, oldest first. */
  days: z.array(z.strictObject({ date: z.iso.date(), ...usageFigures })),
  /** The most expensive model first. `unpricedRequests` are calls of a model whose price is not known: they count as free. */
  models: z.array(z.strictObject({ provider: z.string(), model: z.string(), ...usageFigures, unpricedRequests: z.int() })),
};
const agentUsage = z.strictObject({
  agentId: z.string(),
  budget: agentBudget,
  /** Null for an API key of one agent, which does not see its account. */
  limits: accountLimits.nullable(),
  ...usage,
});
const accountUsage = z.strictObject({
  budget: accountBudget,
  limits: accountLimits,
  ...usage,
  /** The most expensive agent first; `name` is null for a deleted agent. */
  agents: z.array(z.strictObject({ agentId: z.string(), name: z.string().nullable(), ...usageFigures })),
});
/** The model calls of an agent or an account, and what they cost. */
export type UsageReport = Omit<z.infer<typeof agentUsage>, 'agentId' | 'budget' | 'limits'>;

/** The last days, today included. */
export const daysQuery = z.object({ days: wholeNumber('days', 1, 366).default(30) });

export const getAgentUsage = defineRoute({
  id: 'getAgentUsage',
  summary: "An agent's model calls of the last days (UTC; 30 by default) with their tokens and cost, and its budget",
  method: 'GET',
  auth: 'caller',
  params: agentParams,
  query: daysQuery,
  status: 200,
  failure: 'Failed to fetch usage',
  errors: ['INVALID_REQUEST', 'UNAUTHORIZED', 'AGENT_NOT_FOUND'],
  backend: { path: '/api/agents/:id/usage', response: agentUsage },
  web: { path: '/api/agents/:id/usage', response: agentUsage },
});

const agentBudgetSet = z.strictObject({ agentId: z.string(), budget: agentBudget, status: z.literal('updated') });
export const setAgentBudget = defineRoute({
  id: 'setAgentBudget',
  summary: "Set the most that an agent's model calls may cost per day and month (UTC); a call whose worst case passes it is refused",
  method: 'PUT',
  auth: 'caller',
  params: agentParams,
  body: agentBudgetBody,
  status: 200,
  failure: 'Failed to set the budget',
  errors: ['INVALID_REQUEST', 'UNAUTHORIZED', 'AGENT_NOT_FOUND'],
  backend: { path: '/api/agents/:id/budget', response: agentBudgetSet },
  web: { path: '/api/agents/:id/budget', response: agentBudgetSet },
});

export const getAccountUsage = defineRoute({
  id: 'getAccountUsage',
  summary:
    "The model calls of all of the caller's agents in the last days (UTC; 30 by default), deleted agents included, and the account's budget",
  method: 'GET',
  auth: 'caller',
  query: daysQuery,
  status: 200,
  failure: 'Failed to fetch usage',
  errors: ['INVALID_REQUEST', 'UNAUTHORIZED'],
  backend: { path: '/api/usage', response: accountUsage },
  web: { path: '/api/usage', response: accountUsage },
});

/** The columns are those of `getAccountUsage`; `cost_usd` has six digits after the point. */
const usageFile = z.string();
export const exportUsage = defineRoute({
  id: 'exportUsage',
  summary:
    "The model calls of the last days (UTC; 30 by default) as a CSV file (RFC 4180, UTF-8), of all of the caller's agents or of one (`agentId`): a row per day, agent, provider and model; texts that begin like a formula have an apostrophe in front",
  method: 'GET',
  auth: 'caller',
  download: true,
  query: daysQuery.extend({ agentId: agentIdSchema.optional() }),
  status: 200,
  failure: 'Failed to export usage',
  errors: ['INVALID_REQUEST', 'UNAUTHORIZED'],
  backend: { path: '/api/usage/export', response: usageFile },
  web: { path: '/api/usage/export', response: usageFile },
  timeoutMs: 60_000,
});

const accountBudgetSet = z.strictObject({ budget: accountBudget, status: z.literal('updated') });
export const setAccountBudget = defineRoute({
  id: 'setAccountBudget',
  summary: "Set the most that the model calls of all of the caller's agents together may cost per day and month (UTC)",
  method: 'PUT',
  auth: 'caller',
  body: accountBudgetBody,
  status: 200,
  failure: 'Failed to set the budget',
  errors: ['INVALID_REQUEST', 'UNAUTHORIZED'],
  backend: { path: '/api/budget', response: accountBudgetSet },
  web: { path: '/api/budget', response: accountBudgetSet },
});

/** Why a test of a model failed. */
const testErrorKind = z.enum(['unreachable', 'unauthorized', 'model', 'quota', 'rate_limited', 'budget', 'timeout', 'bad_response']);
const tested = z.strictObject({
  ok: z.boolean(),
  ms: z.int(),
  model: z.string(),
  error: z.strictObject({ kind: testErrorKind, message: z.string() }).optional(),
});
/** The result of a call of a model, with the kind of its error and a sentence about it. */
export type ModelTestResult = z.infer<typeof tested>;
export const testModel = defineRoute({
  id: 'testModel',
  summary: "Call an agent's model once, with its stored key, for a reply of a few tokens; the call counts as usage",
  method: 'POST',
  auth: 'caller',
  params: agentParams,
  status: 200,
  failure: 'Failed to test the model',
  errors: ['UNAUTHORIZED', 'AGENT_NOT_FOUND'],
  backend: { path: '/api/agents/:id/test-model', response: tested },
  web: { path: '/api/agents/:id/test-model', response: tested },
  timeoutMs: 60_000,
});

export const testNewModel = defineRoute({
  id: 'testNewModel',
  summary:
    "Call a model once, for a reply of a few tokens, before an agent is created: with the key of the request, else with the account's; nothing is stored, and the call is not booked",
  method: 'POST',
  auth: 'caller',
  rateLimit: 'modelTests',
  body: z.strictObject({
    /** As for `provisionAgent`; without it, `config` alone selects provider and model, as for `createAgent`. */
    model: modelSchema.optional(),
    config: agentConfigSchema.pick({ aiProvider: true, baseUrl: true, model: true, apiKey: true }),
  }),
  status: 200,
  failure: 'Failed to test the model',
  errors: ['INVALID_REQUEST', 'UNAUTHORIZED', 'RATE_LIMITED'],
  backend: { path: '/api/test-model', response: tested },
  web: { path: '/api/test-model', response: tested },
  timeoutMs: 60_000,
});
