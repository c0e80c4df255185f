import type { OverviewFrame } from '@agentbot/contracts';
import { useEffect, useRef } from 'react';
import { urlOf } from '../api/client.ts';
import { openStream } from '../stream/open-stream.ts';

/**
 * Subscribes to changes of the user's agents. A hidden page closes its stream.
 * @param agentId limits the stream to one agent
 */
export function useAgentChanges(onFrame: (frame: OverviewFrame) => void, agentId?: string): void {
  const latest = useRef(onFrame);
  useEffect(() => {
    latest.current = onFrame;
  }, [onFrame]);
  useEffect(() => {
    let close: (() => void) | undefined;
    function subscribe() {
      close?.();
      close = undefined;
      if (document.hidden) return;
      close = openStream<OverviewFrame>({
        url: urlOf('streamOverview') + (agentId ? `?agentId=${encodeURIComponent(agentId)}` : ''),
        event: 'agents',
        onFrame: (frame) => latest.current(frame),
      });
    }
    subscribe();
    document.addEventListener('visibilitychange', subscribe);
    return () => {
      document.removeEventListener('visibilitychange', subscribe);
      close?.();
    };
  }, [agentId]);
}
