const decimalUnits = ['B', 'kB', 'MB', 'GB', 'TB'];
const binaryUnits = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];

function scaled(bytes: number, base: number, units: string[], digits: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= base && unit < units.length - 1) {
    value /= base;
    unit += 1;
  }
  return `${Number(value.toPrecision(digits))}${units[unit]}`;
}

/** Bytes in powers of 1000 with three digits, as `docker stats` shows traffic: `1.2kB`. */
export const traffic = (bytes: number): string => scaled(bytes, 1000, decimalUnits, 3);

/** Bytes in powers of 1024 with four digits, as `docker stats` shows memory: `128MiB`. */
export const memorySize = (bytes: number): string => scaled(bytes, 1024, binaryUnits, 4);

/** A share of one as a percentage with two decimals: `6.25%`. */
export const percent = (share: number): string => `${(share * 100).toFixed(2)}%`;

/** Milliseconds as the two largest units: `1d 0h`, `3h 12m`, `5m 9s`, `42s`. */
export function duration(milliseconds: number): string {
  const seconds = Math.floor(milliseconds / 1000);
  const parts: [number, string][] = [
    [Math.floor(seconds / 86_400), 'd'],
    [Math.floor(seconds / 3600) % 24, 'h'],
    [Math.floor(seconds / 60) % 60, 'm'],
    [seconds % 60, 's'],
  ];
  const first = parts.findIndex(([amount]) => amount > 0);
  const shown = first < 0 ? parts.slice(3) : parts.slice(first, first + 2);
  return shown.map(([amount, unit]) => `${amount}${unit}`).join(' ');
}
