import type { OverviewFrame } from '@agentbot/contracts';
import { useEffect, useRef } from 'react';
import { urlOf } from '../api/client.ts';
import { openStream } from '../stream/open-stream.ts';
import { useReloadAccount } from './use-reload-account.ts';

/** A frame about agents. The hook itself handles the frames about the account. */
type AgentFrame = Exclude<OverviewFrame, { type: 'account' }>;

interface Options {
  /** Limits the stream to one agent. */
  agentId?: string;
  /** False opens no stream. */
  enabled?: boolean;
}

/** Subscribes to changes of the user's agents, and reads the account again when it has changed. A hidden page closes its stream. */
export function useAgentChanges(onFrame: (frame: AgentFrame) => void, { agentId, enabled = true }: Options = {}): void {
  const reloadAccount = useReloadAccount();
  const latest = useRef({ onFrame, reloadAccount });
  useEffect(() => {
    latest.current = { onFrame, reloadAccount };
  }, [onFrame, reloadAccount]);
  useEffect(() => {
    if (!enabled) return;
    let close: (() => void) | undefined;
    let opened = false;
    function receive(frame: OverviewFrame) {
      // Each connection begins with `again`. The page itself has just read the account before the first one.
      const mayHaveMissed = frame.type === 'again' && opened;
      opened = true;
      if (frame.type === 'account' || mayHaveMissed) latest.current.reloadAccount();
      if (frame.type !== 'account') latest.current.onFrame(frame);
    }
    function subscribe() {
      close?.();
      close = undefined;
      if (document.hidden) return;
      close = openStream<OverviewFrame>({
        url: urlOf('streamOverview') + (agentId ? `?agentId=${encodeURIComponent(agentId)}` : ''),
        event: 'agents',
        onFrame: receive,
      });
    }
    subscribe();
    document.addEventListener('visibilitychange', subscribe);
    return () => {
      document.removeEventListener('visibilitychange', subscribe);
      close?.();
    };
  }, [agentId, enabled]);
}
