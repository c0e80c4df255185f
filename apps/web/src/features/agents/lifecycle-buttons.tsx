'use client';

import { useState } from 'react';
import { useSWRConfig } from 'swr';
import { Button } from '../../components/ui/button.tsx';
import { Problem } from '../../components/ui/notice.tsx';
import { api, sentenceOf } from '../api.ts';

const actions = {
  Start: { id: 'startAgent', doing: 'Starting…', when: ['stopped', 'error', 'pending'] },
  Stop: { id: 'stopAgent', doing: 'Stopping…', when: ['running'] },
  Restart: { id: 'restartAgent', doing: 'Restarting…', when: ['running', 'error'] },
} as const;
type Action = keyof typeof actions;

/** Start, stop and restart, as the agent's state allows. */
export function LifecycleButtons({ id, status }: { id: string; status: string }) {
  const { mutate } = useSWRConfig();
  const [doing, setDoing] = useState<Action>();
  const [problem, setProblem] = useState('');
  const refresh = () =>
    Promise.all([mutate('agents'), mutate(['operations', id]), mutate((key) => Array.isArray(key) && key[0] === 'agent' && key[1] === id)]);

  async function act(action: Action) {
    setDoing(action);
    setProblem('');
    const acting = api(actions[action].id, { params: { id } });
    setTimeout(refresh, 300);
    await acting.catch((error) => setProblem(sentenceOf(error)));
    setDoing(undefined);
    await refresh();
  }

  return (
    <div className="space-y-3">
      <div className="flex flex-wrap gap-2">
        {(Object.keys(actions) as Action[]).map((action) => {
          const shown = doing === action || (actions[action].when as readonly string[]).includes(status);
          return (
            shown && (
              <Button key={action} kind="plain" disabled={Boolean(doing)} aria-busy={doing === action} onClick={() => act(action)}>
                {doing === action ? actions[action].doing : action}
              </Button>
            )
          );
        })}
      </div>
      <Problem>{problem}</Problem>
    </div>
  );
}
