import type { OperationKind } from '@agentbot/contracts';
import { backup } from '../backups/backup-work.ts';
import { restore } from '../backups/restore-work.ts';
import type { Context } from '../context.ts';
import type { Agent, Operation, Prisma } from '../generated/prisma/client.ts';
import { restart, start, stop } from '../lifecycle/lifecycle-work.ts';
import { remove } from '../lifecycle/remove.ts';
import { repair } from '../lifecycle/repair.ts';
import { resetMemory } from '../lifecycle/reset-memory.ts';
import { update } from '../lifecycle/update.ts';
import { provision } from '../provisioning/provision-work.ts';
import type { Step } from './steps.ts';

/** What an operation that succeeded leaves of its agent. */
export type AgentChange = Prisma.AgentUpdateManyMutationInput | 'removed';

/** The work of each kind of operation: idempotent, since a job is taken up again after a crash. */
export const operationWork: Record<
  OperationKind,
  (context: Context, agent: Agent, step: Step, operation: Operation) => Promise<AgentChange>
> = {
  provision,
  backup,
  restore,
  clone: async (context, agent, step) => (await import('../clone/clone-work.ts')).clone(context, agent, step),
  start,
  stop,
  restart,
  update,
  repair,
  'reset-memory': resetMemory,
  delete: remove,
};
