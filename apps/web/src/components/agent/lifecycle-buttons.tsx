'use client';

import { useState } from 'react';
import { api } from '../../lib/api/client.ts';
import { withToast } from '../../lib/toast/with-toast.ts';
import { Button } from '../ui/button.tsx';

const actions = {
  Start: { id: 'startAgent', pending: 'Starting…', success: 'The agent is running', when: ['stopped', 'error', 'pending'] },
  Stop: { id: 'stopAgent', pending: 'Stopping…', success: 'The agent is stopped', when: ['running'] },
  Restart: { id: 'restartAgent', pending: 'Restarting…', success: 'The agent is running again', when: ['running', 'error'] },
} as const;
type Action = keyof typeof actions;

/** The buttons to start, stop and restart an agent: those that its status allows. */
export function LifecycleButtons({ id, status }: { id: string; status: string }) {
  const [running, setRunning] = useState<Action>();

  async function run(action: Action) {
    setRunning(action);
    await withToast(api(actions[action].id, { params: { id } }), actions[action]);
    setRunning(undefined);
  }

  return (
    <div className="flex flex-wrap gap-2">
      {(Object.keys(actions) as Action[]).map((action) => {
        const shown = running === action || (!running && (actions[action].when as readonly string[]).includes(status));
        return (
          shown && (
            <Button key={action} kind="plain" busy={running === action} onClick={() => run(action)}>
              {running === action ? actions[action].pending : action}
            </Button>
          )
        );
      })}
    </div>
  );
}
