import type { CronJob } from '@agentbot/contracts';
import cronstrue from 'cronstrue';
import { formatTime } from '../../lib/format.ts';

const units: [name: string, ms: number][] = [
  ['day', 86_400_000],
  ['hour', 3_600_000],
  ['minute', 60_000],
  ['second', 1_000],
  ['millisecond', 1],
];

/** An interval in its largest whole unit: `Every 2 hours`, `Every minute`. */
function intervalText(everyMs: number): string {
  const [name, ms] = units.find(([, size]) => everyMs % size === 0) ?? ['millisecond', 1];
  const count = everyMs / ms;
  return count === 1 ? `Every ${name}` : `Every ${count} ${name}s`;
}

/** Describes a cron expression in words; an invalid expression is shown unchanged. */
function cronText(expression: string): string {
  try {
    return cronstrue.toString(expression);
  } catch {
    return `Cron expression ${expression}`;
  }
}

/** A schedule in words, with its time zone. */
export function scheduleText(schedule: CronJob['schedule']): string {
  switch (schedule.kind) {
    case 'at':
      return schedule.at ? `Once, at ${formatTime(schedule.at)}` : 'Once';
    case 'every':
      return intervalText(schedule.everyMs);
    case 'cron':
      return `${cronText(schedule.expression)} (${schedule.timeZone ?? 'UTC'})`;
    case 'other':
      return 'On an event, at no fixed time';
  }
}
