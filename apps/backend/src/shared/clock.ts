/** Tells the time. Code in which something expires, is due or is counted per window takes a clock, so that a test can set the time. */
export interface Clock {
  now(): Date;
}

export const systemClock: Clock = { now: () => new Date() };

/** The time `ms` milliseconds ago. */
export const msAgo = (clock: Clock, ms: number): Date => new Date(clock.now().getTime() - ms);

/** The time in `ms` milliseconds. */
export const msAhead = (clock: Clock, ms: number): Date => new Date(clock.now().getTime() + ms);
