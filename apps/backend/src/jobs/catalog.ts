import type { OperationKind } from '@agentbot/contracts';
import type { AgentState } from '../generated/prisma/client.ts';

interface OperationType {
  /** The agent's state while the operation waits and runs; undefined leaves it as it is. */
  during?: AgentState;
  /** Milliseconds for the whole operation. */
  deadlineMs: number;
  /** Whether it may begin without a Docker Engine. */
  withoutDocker: boolean;
}

/** Everything that is done to an agent as a job. */
export const operationTypes: Record<OperationKind, OperationType> = {
  provision: { during: 'provisioning', deadlineMs: 15 * 60_000, withoutDocker: true },
  start: { during: 'provisioning', deadlineMs: 5 * 60_000, withoutDocker: false },
  stop: { deadlineMs: 60_000, withoutDocker: false },
  restart: { during: 'provisioning', deadlineMs: 5 * 60_000, withoutDocker: false },
  update: { during: 'updating', deadlineMs: 20 * 60_000, withoutDocker: false },
  repair: { during: 'updating', deadlineMs: 5 * 60_000, withoutDocker: false },
  'reset-memory': { during: 'updating', deadlineMs: 10 * 60_000, withoutDocker: false },
  delete: { during: 'deleting', deadlineMs: 2 * 60_000, withoutDocker: true },
};
