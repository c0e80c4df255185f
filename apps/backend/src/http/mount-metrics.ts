import { createHash, timingSafeEqual } from 'node:crypto';
import { AppError } from '@agentbot/contracts';
import type { Express } from 'express';
import type { Context } from '../domain/context.ts';
import { queues } from '../domain/operations/operations.ts';
import { AgentState } from '../generated/prisma/enums.ts';

const digest = (text: string) => createHash('sha256').update(text).digest();

/** Updates the gauges that are counted in the database and in the queue. */
async function refresh({ database, boss, logs, metrics }: Context): Promise<void> {
  const [states, stats] = await Promise.all([
    database.as('service', (tx) => tx.agent.groupBy({ by: ['state'], _count: true })),
    Promise.all(queues.map((queue) => boss.getQueueStats(queue))),
  ]);
  const counts = new Map(states.map(({ state, _count }) => [state, _count]));
  for (const state of Object.values(AgentState)) metrics.agents.set({ state }, counts.get(state) ?? 0);
  const sum = (count: 'queuedCount' | 'activeCount') => stats.flat().reduce((total, queue) => total + queue[count], 0);
  metrics.queue.set({ state: 'queued' }, sum('queuedCount'));
  metrics.queue.set({ state: 'active' }, sum('activeCount'));
  metrics.viewers.set(logs.viewers());
}

/** Serves `GET /metrics` to clients with METRICS_TOKEN as bearer token. Without that setting the path does not exist. */
export function mountMetrics(app: Express, context: Context): void {
  const { METRICS_TOKEN: token } = context.config;
  if (!token) return;
  const expected = digest(`Bearer ${token}`);
  app.get('/metrics', async (request, response) => {
    if (!timingSafeEqual(digest(request.get('authorization') ?? ''), expected)) throw new AppError('UNAUTHORIZED');
    await refresh(context);
    const { registry } = context.metrics;
    response
      .set('Cache-Control', 'no-store')
      .type(registry.contentType)
      .send(await registry.metrics());
  });
}
