import type { OperationKind } from '@agentbot/contracts';
import type { AgentState } from '../../generated/prisma/client.ts';

interface OperationType {
  /** The agent's state while the operation waits and runs; undefined leaves it as it is. */
  during?: AgentState;
  /** Milliseconds for the whole operation: what its steps may take together, each by its own deadline. */
  deadlineMs: number;
  /** Whether it may begin without a Docker Engine. */
  withoutDocker: boolean;
  /** Whether it archives or unpacks all of an agent's data: such ones wait for one another, and nobody else for them. */
  slow?: true;
  /** Whether the agent is as before even when this was lost on the way. */
  leavesAgent?: true;
  /** Whether it can be given up on the way. */
  cancellable: boolean;
}

const MINUTE = 60_000;
/** A container made anew: its image pulled and warmed, its configuration checked, created, started, ready. */
const RECREATE = 25 * MINUTE;
/** Stopped and archived before, and put back after a failure. */
const WITH_WAY_BACK = 45 * MINUTE;

/** Everything that is done to an agent as a job. */
export const operationTypes: Record<OperationKind, OperationType> = {
  provision: { during: 'provisioning', deadlineMs: RECREATE, withoutDocker: true, cancellable: true },
  clone: { during: 'provisioning', deadlineMs: RECREATE, withoutDocker: true, cancellable: true },
  start: { during: 'provisioning', deadlineMs: RECREATE, withoutDocker: false, cancellable: true },
  stop: { deadlineMs: MINUTE, withoutDocker: false, cancellable: false },
  restart: { during: 'provisioning', deadlineMs: RECREATE + MINUTE, withoutDocker: false, cancellable: true },
  update: { during: 'updating', deadlineMs: RECREATE + WITH_WAY_BACK, slow: true, withoutDocker: false, cancellable: true },
  repair: { during: 'updating', deadlineMs: RECREATE + MINUTE, withoutDocker: false, cancellable: true },
  'reset-memory': { during: 'updating', deadlineMs: RECREATE + 20 * MINUTE, slow: true, withoutDocker: false, cancellable: false },
  backup: { deadlineMs: 40 * MINUTE, slow: true, leavesAgent: true, withoutDocker: false, cancellable: true },
  restore: { during: 'updating', deadlineMs: RECREATE + WITH_WAY_BACK + 60 * MINUTE, slow: true, withoutDocker: false, cancellable: true },
  delete: { during: 'deleting', deadlineMs: 2 * MINUTE, withoutDocker: true, cancellable: false },
};
