import type { OperationKind } from '@agentbot/contracts';
import type { Context } from '../domain/context.ts';
import type { Step } from '../domain/operations/steps.ts';
import type { AgentChange } from '../domain/operations/types.ts';
import type { Agent, Operation } from '../generated/prisma/client.ts';
import { backup } from '../workflows/backup.ts';
import { configure } from '../workflows/configure.ts';
import { move } from '../workflows/move.ts';
import { provision } from '../workflows/provision.ts';
import { remove } from '../workflows/remove.ts';
import { repair } from '../workflows/repair.ts';
import { resetMemory } from '../workflows/reset-memory.ts';
import { restore } from '../workflows/restore.ts';
import { restart, start, stopOnRequest } from '../workflows/start-stop.ts';
import { update } from '../workflows/update.ts';

/** The workflow of each kind of operation. Workflows are idempotent, because a job is retried after a crash. */
export const workflows: Record<OperationKind, (context: Context, agent: Agent, step: Step, operation: Operation) => Promise<AgentChange>> =
  {
    provision,
    backup,
    restore,
    move,
    clone: async (context, agent, step) => (await import('../workflows/clone.ts')).clone(context, agent, step),
    start,
    stop: stopOnRequest,
    restart,
    update,
    configure,
    repair,
    'reset-memory': resetMemory,
    delete: remove,
  };
