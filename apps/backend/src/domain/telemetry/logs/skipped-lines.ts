import type { ContainerLogLine } from '../../../infra/docker/container-host.ts';

/** What a container must have said lately for its log files to change fast, in characters, and how long "lately" is. */
const FAST = 4 * 1024 * 1024;
const LATELY_MS = 10_000;
/** A reader this far behind may have been led past a file; the lines of such a container lie closer than this. */
const BEHIND_MS = 1_000;
const CLOSE_MS = 100;
/** A line that is read sooner after it was said is no file's first that is left: its container was silent before. */
const OLD_MS = 250;

/**
 * Watches for log files that the engine leaves out without a word when a reader falls behind a container that says more
 * than a file holds. The engine does not tell, so this goes by the times: a container that was never silent was, while
 * its reader was behind.
 * @returns a function that says before which of the lines some are missing; -1 for none
 */
export function detectSkippedLines() {
  let from = 0;
  let said = 0;
  let last = 0;

  return (lines: ContainerLogLine[], now = Date.now()): number => {
    const fast = said > FAST && last - from < 2 * LATELY_MS && now - last > BEHIND_MS;
    let missing = -1;
    for (const [index, { at, text }] of lines.entries()) {
      if (fast && at.getTime() - last > CLOSE_MS && now - at.getTime() > OLD_MS) missing = index;
      last = at.getTime();
      said += text.length;
    }
    if (last - from > LATELY_MS) {
      said = last - from > 2 * LATELY_MS ? 0 : said / 2;
      from = last;
    }
    return missing;
  };
}
