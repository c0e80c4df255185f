import { msg } from '@lingui/core/macro';
import { say } from '../../lib/language/texts.ts';

/** The states of agents, operations, their stages, and of the requests in the audit log; and those of Docker's containers. */
const names = {
  running: msg`running`,
  stopped: msg`stopped`,
  provisioning: msg`provisioning`,
  updating: msg`updating`,
  error: msg`error`,
  pending: msg`pending`,
  deleting: msg`deleting`,
  active: msg`active`,
  sleeping: msg`sleeping`,
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

/** A state in words; the state itself if it has none. */
export const stateName = (state: string): string => (Object.hasOwn(names, state) ? say(names[state as keyof typeof names]) : state);
