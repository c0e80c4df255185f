import { useCallback, useEffect, useLayoutEffect, useRef, useState } from 'react';

/** The distance from the end, in pixels, at which a view still counts as being at the end. */
const NEAR_END = 40;

/**
 * Scrolls a list of messages. While the view is at the end, it follows new messages. Otherwise the visible message stays in
 * place when other messages are added, removed or resized.
 * @param first id of the first message
 * @param newest id of the newest message
 */
export function useScroll(first: string | undefined, newest: string | undefined) {
  const log = useRef<HTMLDivElement>(null);
  const content = useRef<HTMLDivElement>(null);
  const bubbles = useRef<HTMLDivElement>(null);
  // Whether the view follows new messages, and the last scroll position.
  const follow = useRef(true);
  const last = useRef(0);
  // The previous positions of the bubbles.
  const positions = useRef<(readonly [HTMLElement, number])[]>([]);
  const [isAway, setAway] = useState(false);
  const settle = useCallback(() => {
    const box = log.current;
    if (!box || !bubbles.current) return;
    const remaining = positions.current.filter(([element]) => element.isConnected);
    const [read, top = 0] = remaining.findLast(([, top]) => top <= box.scrollTop) ?? remaining[0] ?? [];
    if (follow.current) box.scrollTo({ top: box.scrollHeight });
    else if (read && read.offsetTop !== top) box.scrollTop += read.offsetTop - top;
    const elements = [...bubbles.current.children].filter((each) => each instanceof HTMLElement);
    positions.current = elements.map((each) => [each, each.offsetTop]);
    setAway(!follow.current);
  }, []);
  useEffect(() => {
    // Fires for new messages and when Markdown resizes a rendered one.
    const observer = new ResizeObserver(settle);
    for (const { current } of [log, content]) if (current) observer.observe(current);
    return () => observer.disconnect();
  }, [settle]);
  // One message added and one removed can leave the size unchanged, so the observer does not fire.
  useLayoutEffect(settle, [first, newest, settle]);
  function onScroll() {
    const { scrollHeight = 0, scrollTop = 0, clientHeight = 0 } = log.current ?? {};
    // New content below the view is not a scroll by the user: keep following unless the position moves up.
    follow.current = scrollHeight - scrollTop - clientHeight < NEAR_END || (follow.current && scrollTop >= last.current);
    last.current = scrollTop;
    setAway(!follow.current);
  }
  /** Shows the newest message, and follows from there. */
  const jump = useCallback(() => {
    follow.current = true;
    setAway(false);
    log.current?.scrollTo({ top: log.current.scrollHeight });
  }, []);
  return { log, content, bubbles, onScroll, jump, isAway };
}
