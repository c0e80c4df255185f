'use client';

import { msg } from '@lingui/core/macro';
import { useState } from 'react';
import { api } from '../../lib/api/client.ts';
import { say } from '../../lib/language/texts.ts';
import { withToast } from '../../lib/toast/with-toast.ts';
import { Button } from '../ui/button.tsx';

const actions = {
  Start: {
    id: 'startAgent',
    name: msg`Start`,
    pending: msg`Starting…`,
    success: msg`The agent is running`,
    when: ['stopped', 'error', 'pending'],
  },
  Stop: { id: 'stopAgent', name: msg`Stop`, pending: msg`Stopping…`, success: msg`The agent is stopped`, when: ['running'] },
  Restart: {
    id: 'restartAgent',
    name: msg`Restart`,
    pending: msg`Restarting…`,
    success: msg`The agent is running again`,
    when: ['running', 'error'],
  },
} as const;
type Action = keyof typeof actions;

/** The buttons to start, stop and restart an agent: those that its status allows. */
export function LifecycleButtons({ id, status }: { id: string; status: string }) {
  const [running, setRunning] = useState<Action>();

  async function run(action: Action) {
    setRunning(action);
    const { id: operation, pending, success } = actions[action];
    await withToast(api(operation, { params: { id } }), { pending: say(pending), success: say(success) });
    setRunning(undefined);
  }

  return (
    <div className="flex flex-wrap gap-2">
      {(Object.keys(actions) as Action[]).map((action) => {
        const shown = running === action || (!running && (actions[action].when as readonly string[]).includes(status));
        return (
          shown && (
            <Button key={action} kind="plain" busy={running === action} onClick={() => run(action)}>
              {say(running === action ? actions[action].pending : actions[action].name)}
            </Button>
          )
        );
      })}
    </div>
  );
}
