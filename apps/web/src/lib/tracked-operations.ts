import type { OperationKind } from '@agentbot/contracts';
import { load, save } from './storage.ts';

/** A long operation that the user started in this browser, and whose end the user has not been told yet. */
export interface TrackedOperation {
  agentId: string;
  agentName: string;
  kind: OperationKind;
  /** Milliseconds since the epoch. */
  since: number;
}

const KEY = 'operations';

export const trackedOperations = (): TrackedOperation[] => load<TrackedOperation[]>(KEY) ?? [];

/** Forgets an operation: the user has been told its end. */
export const untrack = ({ agentId, since }: TrackedOperation): void => {
  const rest = trackedOperations().filter((each) => each.agentId !== agentId || each.since !== since);
  save(KEY, rest.length > 0 ? rest : undefined);
};

/** Remembers an operation, so that its end is told after a reload too. */
export const track = (operation: TrackedOperation): void => void save(KEY, [...trackedOperations(), operation]);
