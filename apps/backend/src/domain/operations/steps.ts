import { setTimeout as sleep } from 'node:timers/promises';
import { AppError } from '@agentbot/contracts';
import type { Operation, StepState } from '../../generated/prisma/client.ts';
import type { Database } from '../../infra/database/database.ts';
import { CancelledError } from './errors.ts';

/** The result of a step that had nothing to do. The step is recorded as skipped, with the reason. */
export class Skipped {
  readonly reason: string;
  constructor(reason: string) {
    this.reason = reason;
  }
}

interface Signals {
  /** Aborts when the worker stops or the job expires. */
  job: AbortSignal;
  /** Aborts when a user cancels the operation. */
  cancel: AbortSignal;
}

interface StepOptions<T> {
  /** Makes the sentence that the operation's page shows beside the step. Not called for a skipped step. */
  detail?: (result: T) => string;
  /** The step compensates for earlier steps: from here on the operation cannot be cancelled. */
  isCompensation?: boolean;
}

/** The grace period for the work of an aborted step. After it, the operation continues without waiting for the work. */
const GRACE_MS = 30_000;

/** The error of a step that exceeded its deadline. @param reason the error of its work; an AppError is meant for users and is added */
function deadlineError(name: string, deadlineMs: number, reason: unknown): AppError {
  const sentence = `The stage "${name}" was not done within ${Math.round(deadlineMs / 1000)} seconds`;
  return new AppError('OPERATION_FAILED', reason instanceof AppError ? `${sentence}. ${reason.message}` : sentence, { cause: reason });
}

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
   * Runs one step. `work` gets a signal that aborts at the deadline; the AppError that it then throws gives the reason.
   * @returns the work's result, which is a `Skipped` only where the work may return one
   * @throws AppError OPERATION_FAILED past the deadline, CancelledError once, else the error of `work`; a plain Error
   *   when the job was interrupted: another process may own it by now, so no further step begins
   */
  return async function step<T>(
    name: string,
    deadlineMs: number,
    work: (signal: AbortSignal) => Promise<T>,
    { detail, isCompensation = false }: StepOptions<T> = {},
  ): Promise<T> {
    if (job.aborted) throw new Error('The job was interrupted');
    if (isCompensation) cancellable = false;
    const isCancelled = () => cancellable && cancel.aborted && !job.aborted;
    const cancelOnce = () => {
      cancellable = false;
      return new CancelledError();
    };
    if (isCancelled()) throw cancelOnce();
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
    const ended = AbortSignal.any([timeout, job]);
    // Cancelled work is awaited without a grace period: none of it may run beside the compensation.
    const signal = cancellable ? AbortSignal.any([ended, cancel]) : ended;
    const aborted = new Promise<never>((_resolve, reject) => {
      ended.addEventListener('abort', () => reject(new Error('The job was interrupted')));
    });
    const working = work(signal);
    try {
      const result = await Promise.race([working, aborted]);
      if (result instanceof Skipped) await finish(name, 'skipped', result.reason);
      else await finish(name, 'done', detail?.(result) ?? null);
      return result;
    } catch (error) {
      // The next step must not run beside this one.
      const ending = working.then(
        () => null,
        (reason: unknown) => reason,
      );
      const last = ended.aborted ? await Promise.race([ending, sleep(GRACE_MS, null, { ref: false })]) : null;
      const thrown = timeout.aborted ? deadlineError(name, deadlineMs, last) : isCancelled() ? cancelOnce() : error;
      await finish(name, 'failed', thrown instanceof AppError ? thrown.message : null);
      throw thrown;
    }
  };
}

export type Step = ReturnType<typeof createSteps>;
