'use client';

import { useSyncExternalStore } from 'react';
import { formatRelativeTime, formatTime } from '../../lib/format.ts';

let now = Date.now();
const listeners = new Set<() => void>();
let timer: ReturnType<typeof setInterval> | undefined;

/** One clock for all: it moves every half minute while somebody looks. */
function subscribe(listener: () => void) {
  listeners.add(listener);
  now = Date.now();
  timer ??= setInterval(() => {
    now = Date.now();
    for (const each of listeners) each();
  }, 30_000);
  return () => {
    listeners.delete(listener);
    if (listeners.size) return;
    clearInterval(timer);
    timer = undefined;
  };
}

/** How long ago something was; the exact time on hover. The server, which knows no reader's clock, says nothing. */
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
