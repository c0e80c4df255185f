'use client';

import { useSyncExternalStore } from 'react';
import { formatRelativeTime } from '../../lib/elapsed.ts';
import { formatTime } from '../../lib/format.ts';

const TICK_MS = 30_000;
let now = Date.now();
const listeners = new Set<() => void>();
let timer: ReturnType<typeof setInterval> | undefined;

/** One timer for all instances. It ticks every 30 seconds while one is mounted. */
function subscribe(listener: () => void) {
  listeners.add(listener);
  now = Date.now();
  timer ??= setInterval(() => {
    now = Date.now();
    for (const each of listeners) each();
  }, TICK_MS);
  return () => {
    listeners.delete(listener);
    if (listeners.size) return;
    clearInterval(timer);
    timer = undefined;
  };
}

/** A time relative to now, with the exact time as tooltip. Empty on the server, which does not know the reader's clock. */
export function RelativeTime({ time }: { time: string }) {
  const clock = useSyncExternalStore<number | undefined>(
    subscribe,
    () => now,
    () => undefined,
  );
  return (
    <time dateTime={time} title={clock === undefined ? undefined : formatTime(time)}>
      {clock === undefined ? '\u00a0' : formatRelativeTime(time, Math.max(clock, Date.parse(time)))}
    </time>
  );
}
