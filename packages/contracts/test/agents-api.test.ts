import { describe, expect, test } from '@jest/globals';
import {
  type ErrorCode,
  errorTable,
  type Facade,
  type Plan,
  pathParams,
  planForTier,
  plans,
  type Route,
  routes,
  statusOf,
} from '../src/index.ts';
import { type DocumentedOperation, documentedOperations, isInContract, limitsAfter, toolProfiles } from './agents-api.ts';
import { expectedAnswer, isLifecycle, sentencesForLine } from './expected-answers.ts';

// The route table against the contract's own text. The answers of the running system are compared with the route table by the
// conformance suites of backend and web, so that nothing between the contract's words and an answer is its own oracle.

const documented = documentedOperations();
const all = Object.values<Route>(routes);
const shape = (path: string) => path.replace(/:\w+/g, ':');

/** The operations behind a documented address, with the side that it belongs to. */
function operationsAt({ method, path }: DocumentedOperation): { route: Route; facade: Facade }[] {
  const sides = ['backend', 'web'] as const;
  return all.flatMap((route) =>
    sides.flatMap((facade) => (route.method === method && shape(route[facade]?.path ?? '') === shape(path) ? [{ route, facade }] : [])),
  );
}

/** The messages with which an operation refuses a body: of nothing, of empty values, of wrong values. */
function refusals({ body }: Route): string[] {
  const attempts = [
    {},
    { name: '' },
    { plan: 'free' },
    { aiProvider: 'minimax', plan: 'solo', telegramToken: '1:a' },
    { agentId: '' },
    { agentId: 'a b' },
    { image: 'no image' },
    { message: '' },
    { action: 'no such' },
  ];
  return attempts.flatMap((attempt) => (body?.safeParse(attempt).error?.issues ?? []).map(({ message }) => message));
}

/** Every sentence that an operation can send with a status: those of its error codes, its failure, and its body's refusals. */
function sentencesOf(route: Route, facade: Facade, status: number): string[] {
  const codes = [...route.errors, 'INTERNAL', 'BACKEND_UNAVAILABLE'] as ErrorCode[];
  const ofCodes = codes.filter((code) => statusOf(code, route[facade]) === status).map((code) => errorTable[code].sentence as string);
  return [...ofCodes, ...(status === 500 ? [route.failure] : []), ...(status === 400 ? refusals(route) : [])];
}

test('the contract is read whole', () => {
  expect(documented).toHaveLength(35);
  expect(documented.flatMap(({ errors }) => errors)).toHaveLength(60);
  expect(documented.flatMap(({ responses }) => responses).length).toBeGreaterThanOrEqual(40);
});

describe.each(documented.map((each) => [`${each.method} ${each.path}`, each] as const))('%s', (_, operation) => {
  const operations = operationsAt(operation);

  test('exists, with as many parameters', () => {
    expect(operations.length).toBeGreaterThan(0);
    for (const { route, facade } of operations)
      expect(pathParams(route[facade]?.path ?? '')).toHaveLength(pathParams(operation.path).length);
  });

  const lines = operation.errors.map(({ status, text }) => [status, text] as const);
  if (lines.length > 0) {
    test.each(lines)('answers %i "%s"', (status, text) => {
      const wanted = sentencesForLine(text);
      const sent = operations.flatMap(({ route, facade }) => sentencesOf(route, facade, status));
      expect(sent).toEqual(expect.arrayContaining(wanted));
      // A body without any field is refused with the contract's words too, and not only a body with an empty field.
      const missing = operations.flatMap(({ route }) =>
        status === 400 ? (route.body?.safeParse({}).error?.issues[0]?.message ?? []) : [],
      );
      const named = operation.errors.flatMap((line) => (line.status === 400 ? sentencesForLine(line.text) : []));
      for (const message of missing) expect(named).toContain(message);
    });
  }

  if (operation.responses.length > 0) {
    test.each(operation.responses.map(({ heading, example }) => [heading, example] as const))(
      'answers as under "%s"',
      (_heading, example) => {
        const accepted = operations.filter(({ route, facade }) => route[facade]?.response.safeParse(example).success);
        const problems = operations.map(({ route, facade }) => route[facade]?.response.safeParse(example).error?.issues);
        expect({ accepted: accepted.length > 0, problems }).toMatchObject({ accepted: true });
      },
    );
  }
});

const sides = all.flatMap((route) => (['backend', 'web'] as const).filter((side) => route[side]).map((side) => [route, side] as const));

test.each(sides.map(([route, side]) => [route.id, side, route] as const))('%s has the expected errors on the %s', (_id, side, route) => {
  for (const code of [...route.errors, 'INTERNAL', ...(side === 'web' ? (['BACKEND_UNAVAILABLE'] as const) : [])] as const) {
    const expected = expectedAnswer(route, side, code);
    const foreign = code === 'AGENT_NOT_FOUND' ? route[side]?.foreignIs : undefined;
    const sentence = foreign ? 'Forbidden' : code === 'INTERNAL' ? route.failure : errorTable[code].sentence;
    expect([code, statusOf(code, route[side])]).toEqual([code, expected.status]);
    // A verb may replace the table's sentence with one of its own.
    const isOwn = code === 'INVALID_REQUEST' || (code === 'PAYMENT_REQUIRED' && expected.documented && route.id !== 'provisionAgent');
    if (expected.sentences.length > 0 && !isOwn) expect([code, expected.sentences]).toEqual([code, expect.arrayContaining([sentence])]);
  }
  expect(route[side]?.errorShape === 'lifecycle').toBe(side === 'web' && isLifecycle(route));
});

describe('plans', () => {
  const column = (key: 'webLimit' | 'backendLimit' | 'provisionLimit') =>
    Object.fromEntries(Object.entries(plans).map(([plan, row]) => [plan, row[key]]));

  test('the limits of each door are those of the contract', () => {
    expect(column('backendLimit')).toEqual(limitsAfter('The backend plan middleware enforces separate limits ('));
    expect(column('provisionLimit')).toEqual(limitsAfter('The backend provisioning route (POST /api/provision) enforces its own limits ('));
    const byTier = limitsAfter('The web proxy enforces agent limits based on the subscription tier (');
    const planOf = (tier: string) => planForTier(tier as 'starter' | 'pro' | 'enterprise', null);
    expect(Object.fromEntries(Object.keys(byTier).map((tier) => [tier, plans[planOf(tier)].webLimit]))).toEqual(byTier);
    expect(isInContract('Users without a recognized plan default to a limit of 1')).toBe(true);
    expect(plans[planForTier(undefined, null)].webLimit).toBe(1);
  });

  test('each plan has the tool profile of the contract', () => {
    expect(Object.fromEntries(Object.entries(plans).map(([plan, { toolProfile }]) => [plan, toolProfile]))).toEqual(toolProfiles());
  });

  // Rulings 5 and 6: the contract names no memory, no CPU and no order.
  test.each<[Plan, number, number, number]>([
    ['solo', 2, 1, 1],
    ['collective', 4, 2, 2],
    ['label', 8, 4, 3],
    ['network', 16, 4, 4],
  ])('%s has %i GiB, %i CPU, and is number %i in the order of plans', (plan, gibibytes, cpus, rank) => {
    expect(plans[plan]).toMatchObject({ memoryBytes: gibibytes * 1024 ** 3, cpus, rank });
  });
});
