import type { OverviewFrame } from '@agentbot/contracts';
import { type Actor, seesAccount, userOf } from '../../shared/actor.ts';
import type { EventSink, Subscribe } from '../../shared/streams.ts';
import type { Context } from '../context.ts';
import { listOverview } from './overview.ts';

/** Postgres channel. Triggers publish on it each changed agent as `<owner id> <agent id>`. */
export const AGENT_CHANGES = 'agents';

/** Postgres channel. Triggers publish on it the id of each account whose rights or requests changed. */
export const ACCOUNT_CHANGES = 'accounts';

/** Minimum time between two frames for one reader. */
const FRAME_INTERVAL_MS = 500;

/**
 * Streams changes of the actor's agents, or of the agent `agentId`, and of the actor's account. Changes between two frames are read from the database
 * together.
 */
export function streamOverview(context: Context, actor: Actor, agentId: string | undefined): Subscribe {
  const owner = userOf(actor);
  return ({ send, drained }: EventSink<OverviewFrame>) => {
    const changedIds = new Set<string>();
    let accountChanged = false;
    let timer: NodeJS.Timeout | undefined;
    let ended = false;

    async function sendChanges(): Promise<void> {
      // Changes that arrive while a slow reader drains go into the same frame.
      if (!(await drained())) return;
      if (accountChanged && !ended) send('agents', { type: 'account' });
      accountChanged = false;
      const ids = [...changedIds];
      changedIds.clear();
      if (ids.length === 0) return;
      const agents = await listOverview(context, actor, ids);
      const existing = new Set(agents.map(({ id }) => id));
      if (!ended) send('agents', { type: 'changed', agents, removed: ids.filter((id) => !existing.has(id)) });
    }
    function scheduleFrame() {
      timer ??= setTimeout(async () => {
        await sendChanges().catch((error) => {
          context.log.warn({ err: error }, 'changed agents could not be read; the reader reloads its list');
          if (!ended) send('agents', { type: 'again' });
        });
        timer = undefined;
        if ((changedIds.size || accountChanged) && !ended) scheduleFrame();
      }, FRAME_INTERVAL_MS);
    }

    const offChange = context.notifications.on(AGENT_CHANGES, (payload) => {
      const [ownerId, id] = payload.split(' ');
      if (ownerId !== owner || !id || (agentId && id !== agentId)) return;
      changedIds.add(id);
      scheduleFrame();
    });
    const offAccount = context.notifications.on(ACCOUNT_CHANGES, (id) => {
      if (id !== owner || !seesAccount(actor)) return;
      accountChanged = true;
      scheduleFrame();
    });
    // Changes may be missed before the first frame and during a lost connection: the reader must reload its list.
    const sendReload = () => send('agents', { type: 'again' });
    const offResumed = context.notifications.on('resumed', sendReload);
    sendReload();
    return () => {
      ended = true;
      clearTimeout(timer);
      offChange();
      offAccount();
      offResumed();
    };
  };
}
