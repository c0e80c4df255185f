import type { ContainerLogLine } from '../../../infra/docker/container-host.ts';

/** A container that writes more characters than this in the window replaces its log files fast. */
const FAST_CHARACTERS = 4 * 1024 * 1024;
const WINDOW_MS = 10_000;
/** A reader this far behind may have missed a file. */
const BEHIND_MS = 1_000;
/** A fast container never pauses this long between two lines; a longer pause means that lines are missing. */
const MAX_PAUSE_MS = 100;
/** A younger line cannot be the first of a later file: its container has only paused. */
const MIN_AGE_MS = 250;

/**
 * Detects log files that the engine skips when a reader falls behind a container that writes more than a file holds. The
 * engine does not report it, so the lines' times decide: a container without pauses paused while its reader was behind.
 * @returns a function that takes the next lines and returns the index of the line before which some are missing; -1 for none
 */
export function detectSkippedLines() {
  let windowStart = 0;
  let characters = 0;
  let lastAt = 0;

  return (lines: ContainerLogLine[], now = Date.now()): number => {
    const suspicious = characters > FAST_CHARACTERS && now - lastAt > BEHIND_MS;
    let gapIndex = -1;
    for (const [index, { at, text }] of lines.entries()) {
      if (suspicious && at.getTime() - lastAt > MAX_PAUSE_MS && now - at.getTime() > MIN_AGE_MS) gapIndex = index;
      lastAt = at.getTime();
      characters += text.length;
    }
    if (lastAt - windowStart > WINDOW_MS) {
      characters = lastAt - windowStart > 2 * WINDOW_MS ? 0 : characters / 2;
      windowStart = lastAt;
    }
    return gapIndex;
  };
}
