import type { BrowserContext, Page } from 'playwright-core';

/** What the browser noted of a page's first load. */
interface Vitals {
  /** The sum of the layout shifts. */
  shift: number;
  /** When the largest content was painted, in milliseconds. */
  largestPaint: number;
}

export interface FirstLoad extends Vitals {
  /** Bytes of JavaScript over the wire, with the responses' headers. */
  bytes: number;
  /** The JavaScript itself. */
  code: string;
}

/** Collects the page's vitals from its beginning. @see https://web.dev/articles/vitals */
function observeVitals(): void {
  const vitals: Vitals = { shift: 0, largestPaint: 0 };
  Object.assign(globalThis, { vitals });
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) vitals.shift += (entry as unknown as { value: number }).value;
  }).observe({ type: 'layout-shift', buffered: true });
  new PerformanceObserver((list) => {
    vitals.largestPaint = list.getEntries().at(-1)?.startTime ?? 0;
  }).observe({ type: 'largest-contentful-paint', buffered: true });
}

/**
 * Opens a page as on a first visit, without cache, and measures until 1.5 seconds after `isShown`.
 * @param slowdown how many times slower the page's CPU is
 */
export async function measureFirstLoad(
  context: BrowserContext,
  url: string,
  isShown: (page: Page) => Promise<unknown>,
  slowdown = 1,
): Promise<FirstLoad> {
  const page = await context.newPage();
  const session = await context.newCDPSession(page);
  await session.send('Network.enable');
  await session.send('Network.setCacheDisabled', { cacheDisabled: true });
  await session.send('Emulation.setCPUThrottlingRate', { rate: slowdown });
  const scripts = new Map<string, number>();
  session.on('Network.responseReceived', ({ requestId, type }) => type === 'Script' && scripts.set(requestId, 0));
  session.on('Network.loadingFinished', ({ requestId, encodedDataLength }) => {
    if (scripts.has(requestId)) scripts.set(requestId, encodedDataLength);
  });
  await page.addInitScript(observeVitals);
  await page.goto(url);
  await isShown(page);
  await page.waitForTimeout(1_500);
  const vitals = await page.evaluate(() => (globalThis as unknown as { vitals: Vitals }).vitals);
  const texts = await Promise.all(
    [...scripts.keys()].map(async (requestId) => (await session.send('Network.getResponseBody', { requestId })).body),
  );
  await page.close();
  return { ...vitals, bytes: [...scripts.values()].reduce((sum, each) => sum + each, 0), code: texts.join('\n') };
}
