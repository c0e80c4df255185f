import { setTimeout as sleep } from 'node:timers/promises';
import { AppError } from '@agentbot/contracts';
import type { Operation, StepState } from '../../generated/prisma/client.ts';
import type { Database } from '../../infra/database/database.ts';
import { CancelledError } from './errors.ts';

/** Thrown inside a step to record it as skipped, with the reason. */
export class SkipStep extends Error {}

interface Signals {
  /** The job's own end: its worker stops, or its time is over. */
  job: AbortSignal;
  /** Somebody cancels the operation. */
  cancel: AbortSignal;
}

interface StepOptions {
  /** It puts things right: from here on nobody can cancel the operation any more. */
  puttingRight?: boolean;
}

/** How long a step past its deadline may take to come to its own end, before what follows goes on beside it. */
const ENDING_MS = 30_000;

/** Runs the steps of one operation and records each with its times and outcome. */
export function createSteps(database: Database, operation: Operation, { job, cancel }: Signals) {
  let position = 0;
  let cancellable = true;

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
   * @throws AppError OPERATION_FAILED past the deadline, CancelledError once, else what `work` threw; an Error without touching
   *   anything once the job was interrupted, which another process may have taken up already
   */
  return async function step(
    name: string,
    deadlineMs: number,
    work: (signal: AbortSignal) => Promise<string | void>,
    { puttingRight = false }: StepOptions = {},
  ): Promise<boolean> {
    if (job.aborted) throw new Error('The job was interrupted');
    if (puttingRight) cancellable = false;
    const cancelled = () => cancellable && cancel.aborted && !job.aborted;
    const giveUp = () => {
      cancellable = false;
      return new CancelledError();
    };
    if (cancelled()) throw giveUp();
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
    const over = AbortSignal.any([timeout, job]);
    // Work that is cancelled comes to its own end, so that nothing of it goes on beside what puts things right.
    const signal = cancellable ? AbortSignal.any([over, cancel]) : over;
    const aborted = new Promise<never>((_resolve, reject) => {
      over.addEventListener('abort', () =>
        reject(
          timeout.aborted
            ? new AppError('OPERATION_FAILED', `The stage "${name}" was not done within ${Math.round(deadlineMs / 1000)} seconds`)
            : new Error('The job was interrupted'),
        ),
      );
    });
    const working = work(signal);
    try {
      const detail = await Promise.race([working, aborted]);
      await finish(name, 'done', detail ?? null);
      return true;
    } catch (error) {
      if (error instanceof SkipStep) {
        await finish(name, 'skipped', error.message);
        return false;
      }
      const thrown = cancelled() && !timeout.aborted ? giveUp() : error;
      // What comes next must not meet it half-way.
      if (over.aborted) await Promise.race([working.catch(() => undefined), sleep(ENDING_MS, undefined, { ref: false })]);
      await finish(name, 'failed', thrown instanceof AppError ? thrown.message : null);
      throw thrown;
    }
  };
}

export type Step = ReturnType<typeof createSteps>;
