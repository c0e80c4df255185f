import type { OverviewFrame } from '@agentbot/contracts';
import { type Actor, userOf } from '../../shared/actor.ts';
import type { EventSink, Subscribe } from '../../shared/streams.ts';
import type { Context } from '../context.ts';
import { listOverview } from './overview.ts';

/** Under this name triggers of the database tell every process which agent has changed: `<owner> <agent>`. */
export const AGENTS = 'agents';

/** A reader hears of changes this often at most. */
const PAUSE_MS = 500;

/** An owner's agents, or one of them, as they change: many changes between two frames are one read of the database. */
export function streamOverview(context: Context, actor: Actor, only: string | undefined): Subscribe {
  const owner = userOf(actor);
  return ({ send, drained }: EventSink<OverviewFrame>) => {
    const changed = new Set<string>();
    let timer: NodeJS.Timeout | undefined;
    let ended = false;

    async function tell(): Promise<void> {
      // What changes while a slow reader is waited for goes into the same frame.
      if (!(await drained())) return;
      const ids = [...changed];
      changed.clear();
      const agents = await listOverview(context, actor, ids);
      const known = new Set(agents.map(({ id }) => id));
      if (!ended) send('agents', { type: 'changed', agents, removed: ids.filter((id) => !known.has(id)) });
    }
    function soon() {
      timer ??= setTimeout(async () => {
        await tell().catch((error) => {
          context.log.warn({ err: error }, 'changed agents could not be read');
          if (!ended) send('agents', { type: 'again' });
        });
        timer = undefined;
        if (changed.size && !ended) soon();
      }, PAUSE_MS);
    }

    const offChange = context.notifications.on(AGENTS, (payload) => {
      const [ownerId, id] = payload.split(' ');
      if (ownerId !== owner || !id || (only && id !== only)) return;
      changed.add(id);
      soon();
    });
    const again = () => send('agents', { type: 'again' });
    const offResumed = context.notifications.on('resumed', again);
    again();
    return () => {
      ended = true;
      clearTimeout(timer);
      offChange();
      offResumed();
    };
  };
}
