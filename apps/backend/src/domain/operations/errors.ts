import { AppError } from '@agentbot/contracts';
import type { AgentChange } from './types.ts';

/** Thrown by a step of a cancelled operation. The compensation that follows cannot be cancelled. */
export class CancelledError extends AppError {
  constructor() {
    super('OPERATION_FAILED', 'The operation was cancelled');
  }
}

/** Thrown by a failed operation that changes its agent's row to `agent`, instead of to the state `error`. */
export class RolledBackError extends AppError {
  readonly agent: AgentChange;
  constructor(message: string, agent: AgentChange, cause: unknown) {
    super('OPERATION_FAILED', message, { cause });
    this.agent = agent;
  }
}
