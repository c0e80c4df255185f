import { AppError } from '@agentbot/contracts';
import type { AgentChange } from '../../workers/workflow-registry.ts';

/** Thrown by work that failed and left the agent otherwise than in `error`: the change says how. */
export class Undone extends AppError {
  readonly agent: AgentChange;
  constructor(message: string, agent: AgentChange, cause: unknown) {
    super('OPERATION_FAILED', message, { cause });
    this.agent = agent;
  }
}
