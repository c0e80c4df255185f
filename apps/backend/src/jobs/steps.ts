import { AppError } from '@agentbot/contracts';
import type { Database } from '../database/database.ts';
import type { Operation, StepState } from '../generated/prisma/client.ts';

/** Thrown inside a step to record it as skipped, with the reason. */
export class SkipStep extends Error {}

/** Runs the steps of one operation and records each with its times and outcome. */
export function createSteps(database: Database, operation: Operation, jobSignal: AbortSignal) {
  let position = 0;

  const finish = (name: string, state: StepState, detail: string | null) =>
    database.as('service', (tx) =>
      tx.operationStep.update({
        where: { operationId_name: { operationId: operation.id, name } },
        data: { state, detail, finishedAt: new Date() },
      }),
    );

  /**
   * One step: `work` gets a signal that aborts at the deadline, and may return a sentence to show beside it.
   * @returns false when the step was skipped
   * @throws AppError OPERATION_FAILED past the deadline, else what `work` threw
   */
  return async function step(name: string, deadlineMs: number, work: (signal: AbortSignal) => Promise<string | void>): Promise<boolean> {
    const data = {
      state: 'running' as const,
      detail: null,
      startedAt: new Date(),
      deadlineAt: new Date(Date.now() + deadlineMs),
      finishedAt: null,
    };
    const key = { operationId: operation.id, name };
    const ownerId = operation.ownerId;
    await database.as('service', (tx) =>
      tx.operationStep.upsert({
        where: { operationId_name: key },
        create: { ...key, ...data, ownerId, position: ++position },
        update: data,
      }),
    );
    const timeout = AbortSignal.timeout(deadlineMs);
    const signal = AbortSignal.any([timeout, jobSignal]);
    const aborted = new Promise<never>((_resolve, reject) => {
      signal.addEventListener('abort', () =>
        reject(
          timeout.aborted
            ? new AppError('OPERATION_FAILED', `The stage "${name}" was not done within ${Math.round(deadlineMs / 1000)} seconds`)
            : new Error('The job was interrupted'),
        ),
      );
    });
    try {
      const detail = await Promise.race([work(signal), aborted]);
      await finish(name, 'done', detail ?? null);
      return true;
    } catch (error) {
      if (error instanceof SkipStep) {
        await finish(name, 'skipped', error.message);
        return false;
      }
      await finish(name, 'failed', error instanceof AppError ? error.message : null);
      throw error;
    }
  };
}

export type Step = ReturnType<typeof createSteps>;
