'use client';

import { useState } from 'react';
import { api } from '../../lib/api/client.ts';
import { act } from '../../lib/toast/with-toast.ts';
import { Button } from '../ui/button.tsx';

const actions = {
  Start: { id: 'startAgent', doing: 'Starting…', done: 'The agent runs', when: ['stopped', 'error', 'pending'] },
  Stop: { id: 'stopAgent', doing: 'Stopping…', done: 'The agent is stopped', when: ['running'] },
  Restart: { id: 'restartAgent', doing: 'Restarting…', done: 'The agent runs again', when: ['running', 'error'] },
} as const;
type Action = keyof typeof actions;

/** Start, stop and restart, as the agent's state allows. */
export function LifecycleButtons({ id, status }: { id: string; status: string }) {
  const [doing, setDoing] = useState<Action>();

  async function run(action: Action) {
    setDoing(action);
    await act(api(actions[action].id, { params: { id } }), actions[action]);
    setDoing(undefined);
  }

  return (
    <div className="flex flex-wrap gap-2">
      {(Object.keys(actions) as Action[]).map((action) => {
        const shown = doing === action || (!doing && (actions[action].when as readonly string[]).includes(status));
        return (
          shown && (
            <Button key={action} kind="plain" busy={doing === action} onClick={() => run(action)}>
              {doing === action ? actions[action].doing : action}
            </Button>
          )
        );
      })}
    </div>
  );
}
