import type { TestBackend } from './backend.ts';

interface Booked {
  agentId: string;
  ownerId: string;
  /** Such as `2026-11-15`, in UTC. */
  date: string;
  provider: string;
  model: string;
  costMicros: number;
  requests?: number;
  inputTokens?: number;
  cachedTokens?: number;
  outputTokens?: number;
  unpricedRequests?: number;
}

/** Adds the calls of a model on a day to the ledger's sums, as the ends of these calls do. */
export async function bookDay({ context }: TestBackend, { date, ...booked }: Booked): Promise<void> {
  const { agentId, ownerId, costMicros } = booked;
  const day = new Date(date);
  await context.database.as('service', async (tx) => {
    const none = { requests: 1, inputTokens: 0, cachedTokens: 0, outputTokens: 0, unpricedRequests: 0 };
    await tx.modelDay.create({ data: { ...none, ...booked, day } });
    for (const [subject, subjectId] of [
      ['account', ownerId],
      ['agent', agentId],
    ] as const) {
      await tx.spendDay.upsert({
        where: { subject_subjectId_day: { subject, subjectId, day } },
        create: { subject, subjectId, day, ownerId, spentMicros: costMicros },
        update: { spentMicros: { increment: costMicros } },
      });
    }
  });
}
