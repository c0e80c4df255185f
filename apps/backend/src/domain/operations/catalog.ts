import type { OperationKind } from '@agentbot/contracts';
import type { AgentState } from '../../generated/prisma/client.ts';

interface OperationType {
  /** The agent's state while the operation is queued or running. Undefined leaves the state as it is. */
  during?: AgentState;
  /** The deadline of the whole operation in milliseconds: it covers the deadlines of its steps together. */
  deadlineMs: number;
  /** Whether the operation may begin without a Docker Engine. */
  withoutDocker: boolean;
  /** Whether it archives or unpacks all of an agent's data. Slow operations have their own queue and delay no others. */
  slow?: true;
  /** Whether a lost operation of this kind leaves its agent unchanged. */
  leavesAgent?: true;
  /** Whether a running operation of this kind can be cancelled. */
  cancellable: boolean;
}

const MINUTE = 60_000;
/** Recreates a container: pulls and warms the image, validates the configuration, creates, starts, waits until ready. */
const RECREATE = 25 * MINUTE;
/** Stops and archives the agent first, and rolls back after a failure. */
const ARCHIVE_AND_ROLLBACK = 45 * MINUTE;

/** The kinds of operation that run as jobs. */
export const operationTypes: Record<OperationKind, OperationType> = {
  provision: { during: 'provisioning', deadlineMs: RECREATE, withoutDocker: true, cancellable: true },
  clone: { during: 'provisioning', deadlineMs: RECREATE, withoutDocker: true, cancellable: true },
  start: { during: 'provisioning', deadlineMs: RECREATE, withoutDocker: false, cancellable: true },
  stop: { deadlineMs: MINUTE, withoutDocker: false, cancellable: false },
  restart: { during: 'provisioning', deadlineMs: RECREATE + MINUTE, withoutDocker: false, cancellable: true },
  update: { during: 'updating', deadlineMs: RECREATE + ARCHIVE_AND_ROLLBACK, slow: true, withoutDocker: false, cancellable: true },
  configure: { deadlineMs: RECREATE + 3 * MINUTE, withoutDocker: false, cancellable: true },
  repair: { during: 'updating', deadlineMs: RECREATE + MINUTE, withoutDocker: false, cancellable: true },
  'reset-memory': { during: 'updating', deadlineMs: RECREATE + 20 * MINUTE, slow: true, withoutDocker: false, cancellable: false },
  backup: { deadlineMs: 40 * MINUTE, slow: true, leavesAgent: true, withoutDocker: false, cancellable: true },
  restore: {
    during: 'updating',
    deadlineMs: RECREATE + ARCHIVE_AND_ROLLBACK + 60 * MINUTE,
    slow: true,
    withoutDocker: false,
    cancellable: true,
  },
  move: {
    during: 'updating',
    deadlineMs: RECREATE + ARCHIVE_AND_ROLLBACK + 60 * MINUTE,
    slow: true,
    withoutDocker: false,
    cancellable: true,
  },
  delete: { during: 'deleting', deadlineMs: 2 * MINUTE, withoutDocker: true, cancellable: false },
};
