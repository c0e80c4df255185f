import type { OverviewFrame } from '@agentbot/contracts';
import { useEffect, useRef } from 'react';
import { addressOf } from '../api/client.ts';
import { openStream } from '../stream/open-stream.ts';

/**
 * Hears of agents as they change, over one stream; a page in the background listens to nothing.
 * @param agentId of the one agent to hear of
 */
export function useAgentChanges(onFrame: (frame: OverviewFrame) => void, agentId?: string): void {
  const latest = useRef(onFrame);
  useEffect(() => {
    latest.current = onFrame;
  }, [onFrame]);
  useEffect(() => {
    let close: (() => void) | undefined;
    function listen() {
      close?.();
      close = undefined;
      if (document.hidden) return;
      close = openStream<OverviewFrame>({
        address: addressOf('streamOverview') + (agentId ? `?agentId=${encodeURIComponent(agentId)}` : ''),
        event: 'agents',
        onFrame: (frame) => latest.current(frame),
      });
    }
    listen();
    document.addEventListener('visibilitychange', listen);
    return () => {
      document.removeEventListener('visibilitychange', listen);
      close?.();
    };
  }, [agentId]);
}
