import { setTimeout as sleep } from 'node:timers/promises';
import type { EngineError } from '../docker/engine-client.ts';

const ATTEMPTS = 8;

/**
 * Makes a change that names the version of what it changes. The swarm refuses it when the object has another version by then; it
 * writes into nodes and services itself, for instance when a node reports its state.
 * @param change reads the object, then changes it
 * @throws what `change` throws, at the last attempt also the refusal
 */
export async function changeInSequence<T>(change: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await change();
    } catch (error) {
      if (attempt === ATTEMPTS || !/update out of sequence/.test((error as EngineError).message ?? '')) throw error;
      await sleep(25 * attempt);
    }
  }
}
