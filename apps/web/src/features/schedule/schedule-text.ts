import type { CronJob } from '@agentbot/contracts';
import { plural, t } from '@lingui/core/macro';
import cronstrue from 'cronstrue';
import { formatTime } from '../../lib/format.ts';
import { locale } from '../../lib/language/texts.ts';

const units: [ms: number, text: (count: number) => string][] = [
  [86_400_000, (count) => t`${plural({ count }, { one: 'Every day', other: 'Every # days' })}`],
  [3_600_000, (count) => t`${plural({ count }, { one: 'Every hour', other: 'Every # hours' })}`],
  [60_000, (count) => t`${plural({ count }, { one: 'Every minute', other: 'Every # minutes' })}`],
  [1_000, (count) => t`${plural({ count }, { one: 'Every second', other: 'Every # seconds' })}`],
];
/** The number stands without separators: `Every 1500 milliseconds`. */
const milliseconds = (count: number) => {
  const digits = String(count);
  return t`${plural({ count }, { one: 'Every millisecond', other: `Every ${{ digits }} milliseconds` })}`;
};

/** An interval in its largest whole unit: `Every 2 hours`, `Every minute`. */
function intervalText(everyMs: number): string {
  const [ms, text] = units.find(([size]) => everyMs % size === 0) ?? [1, milliseconds];
  return text(everyMs / ms);
}

/** The languages that have words for cron expressions, besides English. */
const cronLocales: Record<string, { name: string; load: () => Promise<unknown> }> = {
  de: { name: 'de', load: () => import('cronstrue/locales/de.js') },
  zh: { name: 'zh_CN', load: () => import('cronstrue/locales/zh_CN.js') },
};

/** Loads the words for cron expressions in the reader's language. */
export const loadCronWords = async (): Promise<void> => void (await cronLocales[locale()]?.load());

/** Describes a cron expression in words; an invalid expression is shown unchanged. */
function cronText(expression: string): string {
  try {
    return cronstrue.toString(expression, { locale: cronLocales[locale()]?.name ?? 'en' });
  } catch {
    return t`Cron expression ${expression}`;
  }
}

/** A schedule in words, with its time zone. */
export function scheduleText(schedule: CronJob['schedule']): string {
  switch (schedule.kind) {
    case 'at':
      return schedule.at ? t`Once, at ${formatTime(schedule.at)}` : t`Once`;
    case 'every':
      return intervalText(schedule.everyMs);
    case 'cron':
      return `${cronText(schedule.expression)} (${schedule.timeZone ?? 'UTC'})`;
    case 'other':
      return t`On an event, at no fixed time`;
  }
}
