import { beforeEach, describe, expect, test } from '@jest/globals';
import { createRunawayGuard } from './runaway-guard.ts';

const solo = { id: 'a', plan: 'solo' as const };
let now: number;
let guard: ReturnType<typeof createRunawayGuard>;
beforeEach(() => {
  now = Date.UTC(2026, 10, 30);
  guard = createRunawayGuard({ now: () => new Date(now) });
});
const bytesOf = (body: object) => Buffer.from(JSON.stringify(body));
const refusal = (agent: Parameters<typeof guard>[0], body: object) => {
  try {
    guard(agent, bytesOf(body));
    return undefined;
  } catch (error) {
    return (error as { code: string }).code;
  }
};

describe('calls per minute', () => {
  test.each([
    ['solo', 60],
    ['collective', 120],
    ['label', 240],
    ['network', 600],
  ] as const)('of the plan %s are %i', (plan, limit) => {
    for (let count = 0; count < limit; count++) expect(refusal({ id: plan, plan }, { count })).toBeUndefined();
    expect(refusal({ id: plan, plan }, { count: limit })).toBe('rate_limit_exceeded');
    expect(refusal({ id: 'another', plan }, {})).toBeUndefined();
  });

  test('begin again after a minute', () => {
    for (let count = 0; count < 60; count++) guard(solo, bytesOf({ count }));
    now += 59_999;
    expect(refusal(solo, { late: true })).toBe('rate_limit_exceeded');
    now += 1;
    expect(refusal(solo, { later: true })).toBeUndefined();
  });
});

describe('the same request', () => {
  const repeat = (times: number) => {
    for (let count = 0; count < times; count++) {
      now += 2_000;
      expect(refusal(solo, { same: true })).toBeUndefined();
    }
  };
  test('passes a hundred times in a row', () => {
    repeat(100);
    expect(refusal(solo, { same: true })).toBe('loop');
    expect(refusal(solo, { other: true })).toBeUndefined();
    repeat(100);
  });

  test('passes again after ten minutes', () => {
    repeat(100);
    expect(refusal(solo, { same: true })).toBe('loop');
    now += 10 * 60_000;
    expect(refusal(solo, { same: true })).toBe('loop');
    now += 1;
    expect(refusal(solo, { same: true })).toBeUndefined();
  });
});
