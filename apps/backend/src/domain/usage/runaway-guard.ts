import { plans } from '@agentbot/contracts';
import type { Agent } from '../../generated/prisma/client.ts';
import { type Clock, msAgo } from '../../shared/clock.ts';
import { sha256 } from '../../shared/sha256.ts';
import { ModelRefusal } from './call-model.ts';

/** So many equal requests in a row are a loop. */
const MAX_EQUAL = 100;
const MINUTE_MS = 60_000;
/** A loop may try again after this long. */
const PAUSE_MS = 10 * MINUTE_MS;

interface Calls {
  /** The minute that `count` counts. */
  since: Date;
  count: number;
  last: string;
  equal: number;
  lastAt: Date;
}

/**
 * Returns a function that stops an agent that has run away: it refuses calls above the plan's limit per minute, and the same
 * body a hundred times in a row. It counts in this process.
 * @throws ModelRefusal 429
 */
export function createRunawayGuard(clock: Clock) {
  const byAgent = new Map<string, Calls>();
  return (agent: Pick<Agent, 'id' | 'plan'>, request: Uint8Array): void => {
    const now = clock.now();
    for (const [id, { lastAt }] of byAgent) if (lastAt < msAgo(clock, PAUSE_MS)) byAgent.delete(id);
    const calls = byAgent.get(agent.id) ?? { since: now, count: 0, last: '', equal: 0, lastAt: now };
    byAgent.set(agent.id, calls);
    if (calls.since <= msAgo(clock, MINUTE_MS)) Object.assign(calls, { since: now, count: 0 });
    const hash = sha256(request);
    calls.equal = calls.last === hash ? calls.equal + 1 : 1;
    calls.last = hash;
    const limit = plans[agent.plan].modelCallsPerMinute;
    if (calls.count >= limit)
      throw new ModelRefusal(429, 'rate_limit_exceeded', `This agent may call its models ${limit} times per minute`);
    if (calls.equal > MAX_EQUAL) {
      throw new ModelRefusal(429, 'loop', `The agent sent the same request ${MAX_EQUAL} times in a row. It may go on after ten minutes`);
    }
    calls.count += 1;
    calls.lastAt = now;
  };
}
