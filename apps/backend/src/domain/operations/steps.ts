import { setTimeout as sleep } from 'node:timers/promises';
import { AppError } from '@agentbot/contracts';
import type { Operation, StepState } from '../../generated/prisma/client.ts';
import type { Database } from '../../infra/database/database.ts';
import { CancelledError } from './errors.ts';

/** What the work of a step returns when there was nothing to do: the step is recorded as skipped, with the reason. */
export class Skipped {
  readonly reason: string;
  constructor(reason: string) {
    this.reason = reason;
  }
}

interface Signals {
  /** The job's own end: its worker stops, or its time is over. */
  job: AbortSignal;
  /** Somebody cancels the operation. */
  cancel: AbortSignal;
}

interface StepOptions<T> {
  /** A sentence that the operation's page shows beside the step, from the work's result; not asked for a skipped step. */
  detail?: (result: T) => string;
  /** The step compensates for earlier ones: from here on the operation cannot be cancelled. */
  isCompensation?: boolean;
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
   * One step: `work` gets a signal that aborts at the deadline.
   * @returns the work's result, which is a `Skipped` only where the work may return one
   * @throws AppError OPERATION_FAILED past the deadline, CancelledError once, else what `work` threw; an Error without touching
   *   anything once the job was interrupted, which another process may have taken up already
   */
  return async function step<T>(
    name: string,
    deadlineMs: number,
    work: (signal: AbortSignal) => Promise<T>,
    { detail, isCompensation = false }: StepOptions<T> = {},
  ): Promise<T> {
    if (job.aborted) throw new Error('The job was interrupted');
    if (isCompensation) cancellable = false;
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
    // Work that is cancelled comes to its own end, so that nothing of it goes on beside the compensation.
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
      const result = await Promise.race([working, aborted]);
      if (result instanceof Skipped) await finish(name, 'skipped', result.reason);
      else await finish(name, 'done', detail?.(result) ?? null);
      return result;
    } catch (error) {
      const thrown = cancelled() && !timeout.aborted ? giveUp() : error;
      // What comes next must not meet it half-way.
      if (over.aborted) await Promise.race([working.catch(() => undefined), sleep(ENDING_MS, undefined, { ref: false })]);
      await finish(name, 'failed', thrown instanceof AppError ? thrown.message : null);
      throw thrown;
    }
  };
}

export type Step = ReturnType<typeof createSteps>;
