import { z } from 'zod';
import { AgentState, type Operation, Plan } from '../../generated/prisma/client.ts';
import { readColumn } from '../../infra/database/read-column.ts';
import type { AgentContainerSpec } from '../../infra/docker/container-host.ts';
import { parseContainerSpec } from '../../infra/docker/stored-spec.ts';

type Column<Name extends 'input' | 'agentBefore' | 'result'> = Pick<Operation, 'id' | Name>;

/** All keys are optional: rows that are older than the column hold `{}`. */
const agentBefore = z.looseObject({
  state: z.enum(AgentState).optional(),
  image: z.string().nullable().optional(),
  plan: z.enum(Plan).optional(),
  keepsServing: z.boolean().optional(),
  /** The former name of `keepsServing`, in rows of an older backend. */
  goesOn: z.boolean().optional(),
});

const keepsServingColumn = agentBefore.pick({ keepsServing: true, goesOn: true });

/** The state of an agent that `beginOperation` stores. */
export type AgentBefore = {
  state?: AgentState;
  image?: string | null;
  /** The plan that the entitlement check allowed; the operation may create a container for it. */
  plan?: Plan;
  /** The agent keeps serving while the operation is in flight. Read it with `keepsServing`, which knows its former name. */
  keepsServing?: boolean;
};

const before = <S extends z.ZodType>(schema: S, { id, agentBefore: stored }: Column<'agentBefore'>) =>
  readColumn(schema, stored, { row: `operation ${id}`, column: 'agentBefore' });

/** The agent as it was when the operation began. @throws UnreadableColumnError */
export const readAgentBefore = (operation: Column<'agentBefore'>): Omit<AgentBefore, 'keepsServing'> => before(agentBefore, operation);

/**
 * Whether the agent keeps serving while the operation is in flight. Ignores the other keys: an operation with an unreadable
 * key must still end.
 * @throws UnreadableColumnError
 */
export function keepsServing(operation: Column<'agentBefore'>): boolean {
  const stored = before(keepsServingColumn, operation);
  return (stored.keepsServing ?? stored.goesOn) === true;
}

const readInput = <S extends z.ZodType>(schema: S, { id, input }: Column<'input'>) =>
  readColumn(schema, input, { row: `operation ${id}`, column: 'input' });
const updateInput = z.looseObject({ image: z.string() });
const restoreInput = z.looseObject({ backupId: z.string(), image: z.string().optional() });
const moveInput = z.looseObject({ from: z.string(), to: z.string().optional(), fromBackup: z.boolean().default(false) });
const restartInput = z.looseObject({ newToken: z.boolean().default(false) });
const anyInput = z.record(z.string(), z.unknown());
const causedInput = z.looseObject({ cause: z.string().optional() });
const backupInput = z.looseObject({ cause: z.enum(['manual', 'schedule', 'installation']).default('manual') });

/** The image that an update moves its agent to. @throws UnreadableColumnError */
export const readUpdateInput = (operation: Column<'input'>) => readInput(updateInput, operation);
/** The backup that a restore reads, and the image that the agent returns to. @throws UnreadableColumnError */
export const readRestoreInput = (operation: Column<'input'>) => readInput(restoreInput, operation);
/** The nodes of a move, and whether the agent continues from its newest backup. @throws UnreadableColumnError */
export const readMoveInput = (operation: Column<'input'>) => readInput(moveInput, operation);
/** Whether a restart gives the agent a new gateway token. @throws UnreadableColumnError */
export const readNewToken = (operation: Column<'input'>): boolean => readInput(restartInput, operation).newToken;
/** Whether a user or the schedule began a backup. @throws UnreadableColumnError */
export const readBackupInput = (operation: Column<'input'>) => readInput(backupInput, operation);
/** Why the platform began an operation, undefined for an operation that a user began. @throws UnreadableColumnError */
export const readCause = (operation: Column<'input'>): string | undefined => readInput(causedInput, operation).cause;

/** The whole input of an operation, for a comparison with another. @throws UnreadableColumnError */
export const readOpenInput = (operation: Column<'input'>): Record<string, unknown> => readInput(anyInput, operation);

const rollback = z.looseObject({ sentence: z.string(), cancelled: z.boolean() });
const replacementNotes = z.looseObject({
  previousImage: z.string().optional(),
  backupId: z.string().optional(),
  backupPath: z.string().nullable().optional(),
  spec: z.unknown().optional(),
  undoing: rollback.optional(),
});

/**
 * The notes of an update's or restore's first attempt. A second attempt after a crash reads them, so it does not archive
 * half-changed data.
 */
export type ReplacementNotes = {
  previousImage?: string;
  backupId?: string;
  backupPath?: string | null;
  /** The previous container. */
  spec?: AgentContainerSpec;
  /** Why the agent is being rolled back. A second attempt continues the rollback. */
  undoing?: { sentence: string; cancelled: boolean };
};

const restartResult = z.looseObject({ healMessage: z.string().default('') });

const configureResult = z.looseObject({ applied: z.enum(['live', 'container', 'none']) });

const readResult = <S extends z.ZodType>(schema: S, { id, result }: Column<'result'>) =>
  readColumn(schema, result, { row: `operation ${id}`, column: 'result' });

/** The notes of an update or restore. @throws UnreadableColumnError */
export function readReplacementNotes(operation: Column<'result'>): ReplacementNotes {
  const { spec, ...notes } = readResult(replacementNotes, operation);
  return { ...notes, ...(spec !== undefined && { spec: parseContainerSpec(spec, `operation ${operation.id}`, 'result.spec') }) };
}

/** How an operation `configure` applied the configuration. @throws UnreadableColumnError */
export const readApplied = (operation: Column<'result'>) => readResult(configureResult, operation).applied;

/** The sentence about a legacy model that a restart replaced; empty if it replaced none. @throws UnreadableColumnError */
export const readHealMessage = (operation: Column<'result'>): string => readResult(restartResult, operation).healMessage;
