import type { Plan } from '@agentbot/contracts';

/** The plans in the order of their size. */
export const planNames: readonly Plan[] = ['solo', 'collective', 'label', 'network'];
