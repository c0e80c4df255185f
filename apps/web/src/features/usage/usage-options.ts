/** Usage grows while agents work. The other period stays visible until the chosen one is loaded. */
export const USAGE_OPTIONS = { refreshInterval: 30_000, keepPreviousData: true } as const;

/** The periods that the pages offer, in days. */
export const periods = [
  [7, '7 days'],
  [30, '30 days'],
  [90, '90 days'],
] as const;
export type Period = (typeof periods)[number][0];
