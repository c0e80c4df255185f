import { locale } from './language/texts.ts';

/** A formatter of Intl for the reader's language, made once: making one is slow. */
export function perLanguage<F>(make: (language: string) => F): () => F {
  const made = new Map<string, F>();
  return () => {
    const language = locale();
    const found = made.get(language) ?? make(language);
    made.set(language, found);
    return found;
  };
}
const numbers = perLanguage((language) => new Intl.NumberFormat(language));
const tenths = perLanguage(
  (language) => new Intl.NumberFormat(language, { minimumFractionDigits: 1, maximumFractionDigits: 1, useGrouping: false }),
);
const times = perLanguage((language) => new Intl.DateTimeFormat(language, { dateStyle: 'medium', timeStyle: 'long' }));

/** Formats a time to the second in the reader's time zone, which it names: `Nov 28, 2026, 10:30:00 AM UTC`. */
export const formatTime = (time: string | number) => times().format(new Date(time));

/** Formats a time to the minute in the reader's time zone, with the day unless it is today: `10:30 AM`, `Nov 28, 10:30 AM`. */
export function formatShortTime(time: string, now: Date): string {
  const at = new Date(time);
  const isToday = at.toDateString() === now.toDateString();
  const day = { month: 'short', day: 'numeric', ...(at.getFullYear() !== now.getFullYear() && { year: 'numeric' as const }) } as const;
  return at.toLocaleString(locale(), { hour: 'numeric', minute: '2-digit', ...(!isToday && day) });
}

/** The reader's time zone, as `formatTime` writes it: `UTC`, `GMT+2`. */
export function timeZoneName(): string {
  const parts = new Intl.DateTimeFormat(locale(), { timeZoneName: 'short' }).formatToParts();
  return parts.find(({ type }) => type === 'timeZoneName')?.value ?? '';
}

/** Formats a number with one digit after the point: `12.0`. */
export const formatTenths = (value: number) => tenths().format(value);

/** Formats an amount of dollars; the smaller it is, the more digits it keeps: `$12.35`, `$0.0123`, `$0.000045`. */
export function formatUsd(dollars: number): string {
  const size = Math.abs(dollars);
  const maximumFractionDigits = size >= 1 ? 2 : size >= 0.01 ? 4 : 6;
  return new Intl.NumberFormat(locale(), { style: 'currency', currency: 'USD', maximumFractionDigits }).format(dollars);
}

/** Formats a number with separators: `1,234,567`. */
export const formatNumber = (value: number) => numbers().format(value);

/** Formats a day of the calendar, which has no time zone: `Nov 28`. @param date such as `2026-11-28` */
export const formatDate = (date: string) =>
  new Date(date).toLocaleDateString(locale(), { month: 'short', day: 'numeric', timeZone: 'UTC' });

/** Formats a number of bytes with a binary unit: `2 GiB`, `1.5 MiB`. */
export function formatBytes(bytes: number): string {
  const names = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  const power = Math.min(names.length - 1, Math.floor(Math.log2(Math.max(1, bytes)) / 10));
  const value = bytes / 1024 ** power;
  return `${value >= 100 || Number.isInteger(value) ? Math.round(value) : tenths().format(value)} ${names[power]}`;
}
