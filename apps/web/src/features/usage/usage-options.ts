/** Usage grows while agents work. The other period stays visible until the chosen one is loaded. */
export const USAGE_OPTIONS = { refreshInterval: 30_000, keepPreviousData: true } as const;
