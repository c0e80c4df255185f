import { t } from '@lingui/core/macro';

/** Usage grows while agents work. The other period stays visible until the chosen one is loaded. */
export const USAGE_OPTIONS = { refreshInterval: 30_000, keepPreviousData: true } as const;

/** The periods that the pages offer, in days. */
export const periods = [7, 30, 90] as const;
export type Period = (typeof periods)[number];

/** The periods as choices: `30 days`. */
export const periodOptions = () => periods.map((days) => [days, t`${days} days`] as const);
