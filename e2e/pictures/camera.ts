import { mkdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Page } from 'playwright-core';
import sharp from 'sharp';

const FOLDER = path.join(import.meta.dirname, '../../docs/images');
const THEMES = ['light', 'dark'] as const;
const MAX_BYTES = 250_000;
/** Pixels of a picture per pixel of a page: sharp on dense screens too. */
export const DENSITY = 2;

/** A PNG of 256 colours, which is what a page has. */
const shrink = (png: Buffer) => sharp(png).png({ palette: true, colours: 256, dither: 0, effort: 10, compressionLevel: 9 }).toBuffer();

/** The pixels by which the page, or the conversation in it, is higher than its place. Runs in the page. */
const missingHeight = () =>
  Math.max(
    ...[document.documentElement, ...document.querySelectorAll('[role=log]')].map(
      ({ scrollHeight, clientHeight }) => scrollHeight - clientHeight,
    ),
  );

/** What a picture must not show: errors, and what still loads. Runs in the page. */
const findBlemishes = () =>
  [...document.querySelectorAll('[role=alert], [class~=text-danger]:not(button), [class*=animate-], [data-sonner-toast]')]
    .filter((element) => element.checkVisibility() && element.getBoundingClientRect().height > 1)
    .map((element) => element.outerHTML.slice(0, 200));

/** Takes pictures of pages in both themes, and stores them all at the end. */
export function createCamera() {
  const pictures = new Map<string, Buffer>();
  return {
    /**
     * @param size of the picture; it is higher for a page that does not fit
     * @throws Error when the page shows an error or is loading, or when its picture is too large
     */
    async take(page: Page, name: string, size: { width: number; height: number }): Promise<void> {
      await page.setViewportSize(size);
      const missing = await page.evaluate(missingHeight);
      if (missing > 0) await page.setViewportSize({ ...size, height: size.height + missing });
      for (const colorScheme of THEMES) {
        await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
        await page.evaluate(() => document.fonts.ready);
        await page.waitForTimeout(500);
        const blemishes = await page.evaluate(findBlemishes);
        if (blemishes.length > 0) throw new Error(`${name} in ${colorScheme} shows ${blemishes.join('\n')}`);
        const picture = await shrink(await page.screenshot({ animations: 'disabled' }));
        if (picture.length > MAX_BYTES) throw new Error(`${name} in ${colorScheme} has ${picture.length} bytes`);
        pictures.set(`${name}-${colorScheme}.png`, picture);
      }
    },
    names: (): string[] => [...pictures.keys()],
    /** Replaces all pictures of the documentation. @returns their names and sizes in bytes */
    async store(): Promise<[name: string, bytes: number][]> {
      await rm(FOLDER, { recursive: true, force: true });
      await mkdir(FOLDER, { recursive: true });
      for (const [name, picture] of pictures) await writeFile(path.join(FOLDER, name), picture);
      return [...pictures].map(([name, picture]) => [name, picture.length]);
    },
  };
}
