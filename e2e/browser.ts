import { type Browser, type BrowserContext, chromium } from 'playwright-core';

/** The machine's own Chromium. */
export const openBrowser = (): Promise<Browser> =>
  chromium.launch({
    executablePath: process.env.CHROMIUM_PATH || '/usr/bin/chromium',
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });

/** What a policy refuses on the pages of a context, as the browser says it. */
export function refusalsOn(context: BrowserContext): string[] {
  const refusals: string[] = [];
  context.on('console', (message) => {
    if (/content security policy|refused to/i.test(message.text())) refusals.push(`${message.page()?.url()}: ${message.text()}`);
  });
  return refusals;
}
