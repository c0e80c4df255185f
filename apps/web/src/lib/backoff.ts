/** How long is waited before what failed is tried again, at first and at most. */
const FIRST_MS = 1_000;
const LONGEST_MS = 15_000;

/** The wait before the next try, at which not all pages come at once. @param tries that failed before the last one */
export const backOff = (tries: number): number => Math.min(FIRST_MS * 2 ** tries, LONGEST_MS) * (0.5 + Math.random() / 2);
