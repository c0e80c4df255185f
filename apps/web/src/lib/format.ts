const units: [Intl.RelativeTimeFormatUnit, seconds: number][] = [
  ['day', 86_400],
  ['hour', 3_600],
  ['minute', 60],
];
const relative = new Intl.RelativeTimeFormat('en', { numeric: 'auto', style: 'short' });

/** Formats the distance from `now` (milliseconds): `5 min. ago`. */
export function formatRelativeTime(time: string | number, now: number): string {
  const seconds = (new Date(time).getTime() - now) / 1000;
  for (const [unit, size] of units) if (Math.abs(seconds) >= size) return relative.format(Math.round(seconds / size), unit);
  return 'just now';
}

/** Formats a time to the second in the reader's time zone, which it names: `Nov 28, 2026, 10:30:00 AM UTC`. */
export const formatTime = (time: string | number) => new Date(time).toLocaleString('en', { dateStyle: 'medium', timeStyle: 'long' });

/** Formats a time to the minute in the reader's time zone, with the day unless it is today: `10:30 AM`, `Nov 28, 10:30 AM`. */
export function formatShortTime(time: string, now: Date): string {
  const at = new Date(time);
  const isToday = at.toDateString() === now.toDateString();
  const day = { month: 'short', day: 'numeric', ...(at.getFullYear() !== now.getFullYear() && { year: 'numeric' as const }) } as const;
  return at.toLocaleString('en', { hour: 'numeric', minute: '2-digit', ...(!isToday && day) });
}

/** The reader's time zone, as `formatTime` writes it: `UTC`, `GMT+2`. */
export function timeZoneName(): string {
  const parts = new Intl.DateTimeFormat('en', { timeZoneName: 'short' }).formatToParts();
  return parts.find(({ type }) => type === 'timeZoneName')?.value ?? '';
}

/** Formats a duration: `4.2 s`, `3 min 20 s`. */
export function formatDuration(milliseconds: number): string {
  const tenths = Math.round(Math.max(0, milliseconds) / 100);
  if (tenths < 600) return `${(tenths / 10).toFixed(1)} s`;
  const seconds = Math.round(tenths / 10);
  return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}

/** Formats an amount of dollars; the smaller it is, the more digits it keeps: `$12.35`, `$0.0123`, `$0.000045`. */
export function formatUsd(dollars: number): string {
  const size = Math.abs(dollars);
  const maximumFractionDigits = size >= 1 ? 2 : size >= 0.01 ? 4 : 6;
  return new Intl.NumberFormat('en', { style: 'currency', currency: 'USD', maximumFractionDigits }).format(dollars);
}

/** Formats a number with separators: `1,234,567`. */
export const formatNumber = (value: number) => value.toLocaleString('en');

/** Formats a day of the calendar, which has no time zone: `Nov 28`. @param date such as `2026-11-28` */
export const formatDate = (date: string) => new Date(date).toLocaleDateString('en', { month: 'short', day: 'numeric', timeZone: 'UTC' });

/** Formats a number of bytes with a binary unit: `2 GiB`, `1.5 MiB`. */
export function formatBytes(bytes: number): string {
  const names = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  const power = Math.min(names.length - 1, Math.floor(Math.log2(Math.max(1, bytes)) / 10));
  const value = bytes / 1024 ** power;
  return `${value >= 100 || Number.isInteger(value) ? Math.round(value) : value.toFixed(1)} ${names[power]}`;
}
