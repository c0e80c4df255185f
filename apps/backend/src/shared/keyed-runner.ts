import { setTimeout as sleep } from 'node:timers/promises';

const RETRY_MS = 2_000;

/**
 * Runs at most one piece of work per agent. One that fails is tried again until it ends well, or `signal` aborts.
 * @param report is told why one failed
 */
export function onePerAgent(
  work: (agentId: string) => Promise<void>,
  signal: AbortSignal,
  report: (error: unknown, agentId: string) => void,
) {
  const open = new Map<string, { again: boolean; ended: Promise<void> }>();

  async function run(agentId: string): Promise<void> {
    for (let again = true; again && !signal.aborted; ) {
      const task = open.get(agentId);
      if (task) task.again = false;
      const failed = await work(agentId).then(
        () => false,
        (error) => {
          report(error, agentId);
          return true;
        },
      );
      if (failed) await sleep(RETRY_MS, undefined, { signal }).catch(() => undefined);
      again = failed || Boolean(open.get(agentId)?.again);
    }
    open.delete(agentId);
  }

  function begin(agentId: string): void {
    if (open.has(agentId) || signal.aborted) return;
    const task = { again: false, ended: Promise.resolve() };
    open.set(agentId, task);
    task.ended = run(agentId);
  }

  return {
    /** Begins an agent's work, unless it goes on. */
    begin,
    /** Begins an agent's work, or has it done once more after the one that goes on. */
    again(agentId: string): void {
      const task = open.get(agentId);
      if (task) task.again = true;
      else begin(agentId);
    },
    /** For how many agents work goes on. */
    count: () => open.size,
    /** Resolves when all work has ended, after an abort. */
    ended: async () => {
      await Promise.all([...open.values()].map((task) => task.ended));
    },
  };
}
