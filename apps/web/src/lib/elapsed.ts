import { t } from '@lingui/core/macro';
import { formatTenths, perLanguage } from './format.ts';

const units: [Intl.RelativeTimeFormatUnit, seconds: number][] = [
  ['day', 86_400],
  ['hour', 3_600],
  ['minute', 60],
];
const relative = perLanguage((language) => new Intl.RelativeTimeFormat(language, { numeric: 'auto', style: 'short' }));

/** Formats the distance from `now` (milliseconds): `5 min. ago`. */
export function formatRelativeTime(time: string | number, now: number): string {
  const seconds = (new Date(time).getTime() - now) / 1000;
  for (const [unit, size] of units) if (Math.abs(seconds) >= size) return relative().format(Math.round(seconds / size), unit);
  return t`just now`;
}

/** Formats a duration: `4.2 s`, `3 min 20 s`. */
export function formatDuration(milliseconds: number): string {
  const rounded = Math.round(Math.max(0, milliseconds) / 100) / 10;
  if (rounded < 60) return t`${{ seconds: formatTenths(rounded) }} s`;
  const whole = Math.round(rounded);
  const [minutes, seconds] = [Math.floor(whole / 60), whole % 60];
  return t`${minutes} min ${seconds} s`;
}
