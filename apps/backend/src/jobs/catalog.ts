import type { OperationKind } from '@agentbot/contracts';
import type { AgentState } from '../generated/prisma/client.ts';

interface OperationType {
  /** The agent's state while the operation waits and runs; undefined leaves it as it is. */
  during?: AgentState;
  /** Milliseconds for the whole operation. */
  deadlineMs: number;
  /** Whether it may begin without a Docker Engine. */
  withoutDocker: boolean;
  /** Whether it can be given up on the way. */
  cancellable: boolean;
}

/** Everything that is done to an agent as a job. */
export const operationTypes: Record<OperationKind, OperationType> = {
  provision: { during: 'provisioning', deadlineMs: 15 * 60_000, withoutDocker: true, cancellable: true },
  clone: { during: 'provisioning', deadlineMs: 15 * 60_000, withoutDocker: true, cancellable: true },
  start: { during: 'provisioning', deadlineMs: 5 * 60_000, withoutDocker: false, cancellable: true },
  stop: { deadlineMs: 60_000, withoutDocker: false, cancellable: false },
  restart: { during: 'provisioning', deadlineMs: 5 * 60_000, withoutDocker: false, cancellable: true },
  update: { during: 'updating', deadlineMs: 60 * 60_000, withoutDocker: false, cancellable: true },
  repair: { during: 'updating', deadlineMs: 5 * 60_000, withoutDocker: false, cancellable: true },
  'reset-memory': { during: 'updating', deadlineMs: 10 * 60_000, withoutDocker: false, cancellable: false },
  backup: { deadlineMs: 40 * 60_000, withoutDocker: false, cancellable: true },
  restore: { during: 'updating', deadlineMs: 60 * 60_000, withoutDocker: false, cancellable: true },
  delete: { during: 'deleting', deadlineMs: 2 * 60_000, withoutDocker: true, cancellable: false },
};
