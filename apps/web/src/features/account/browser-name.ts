import { t } from '@lingui/core/macro';

/** Browsers by the name in their User-Agent, in the order in which they must be looked for: Edge names Chrome, Chrome names Safari. */
const browsers = [
  ['Edge', /\bEdg(e|A|iOS)?\//],
  ['Opera', /\bOPR\//],
  ['Firefox', /\b(Firefox|FxiOS)\//],
  ['Chrome', /\b(Chrome|CriOS|HeadlessChrome)\//],
  ['Safari', /\bSafari\//],
] as const;
/** Android names Linux, and iOS names Mac OS. */
const systems = [
  ['Android', /\bAndroid\b/],
  ['iOS', /\b(iPhone|iPad)\b/],
  ['Windows', /\bWindows\b/],
  ['macOS', /\bMacintosh\b/],
  ['ChromeOS', /\bCrOS\b/],
  ['Linux', /\bLinux\b/],
] as const;

const first = (known: readonly (readonly [string, RegExp])[], text: string) => known.find(([, pattern]) => pattern.test(text))?.[0];

/** A short name for a browser: `Firefox on Linux`. For display only: a client may send any User-Agent. */
export function browserName(userAgent: string | null): string {
  const [browser, system] = [first(browsers, userAgent ?? ''), first(systems, userAgent ?? '')];
  if (browser && system) return t`${browser} on ${system}`;
  return browser ?? system ?? t`Unknown browser`;
}
