import { AppError } from '@agentbot/contracts';
import type { AgentChange } from './types.ts';

/** Thrown by a stage of an operation that somebody cancelled; the compensation that follows cannot be cancelled. */
export class CancelledError extends AppError {
  constructor() {
    super('OPERATION_FAILED', 'The operation was cancelled');
  }
}

/** Thrown by work that failed and left the agent otherwise than in `error`: the change says how. */
export class RolledBackError extends AppError {
  readonly agent: AgentChange;
  constructor(message: string, agent: AgentChange, cause: unknown) {
    super('OPERATION_FAILED', message, { cause });
    this.agent = agent;
  }
}
