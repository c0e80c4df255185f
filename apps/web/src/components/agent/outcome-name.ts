import { msg } from '@lingui/core/macro';
import { say } from '../../lib/language/texts.ts';
import { stateName } from './state-name.ts';

/** The states of operations, of their stages, of requests in the audit log, and of Docker's containers. The list of agents needs none. */
const names = {
  queued: msg`queued`,
  succeeded: msg`succeeded`,
  failed: msg`failed`,
  cancelled: msg`cancelled`,
  done: msg`done`,
  skipped: msg`skipped`,
  repeated: msg`repeated`,
  refused: msg`refused`,
  unknown: msg`unknown`,
  created: msg`created`,
  exited: msg`exited`,
  paused: msg`paused`,
  restarting: msg`restarting`,
  dead: msg`dead`,
};

/** A state in words; a state without a name itself. */
export const outcomeName = (state: string): string =>
  Object.hasOwn(names, state) ? say(names[state as keyof typeof names]) : stateName(state);
