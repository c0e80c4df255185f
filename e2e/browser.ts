import { type Browser, type BrowserContext, chromium } from 'playwright-core';

/** Starts the Chromium that is installed on this machine. */
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

/** Collects the Content-Security-Policy violations of a context's pages from the browser's console. */
export function refusalsOn(context: BrowserContext): string[] {
  const refusals: string[] = [];
  context.on('console', (message) => {
    if (/content security policy|refused to/i.test(message.text())) refusals.push(`${message.page()?.url()}: ${message.text()}`);
  });
  return refusals;
}
