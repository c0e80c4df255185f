import { msg } from '@lingui/core/macro';
import { say } from '../../lib/language/texts.ts';

/** The states of agents. */
const names = {
  running: msg`running`,
  stopped: msg`stopped`,
  provisioning: msg`provisioning`,
  updating: msg`updating`,
  error: msg`error`,
  pending: msg`pending`,
  deleting: msg`deleting`,
};

/** An agent's state in words; another state itself. */
export const stateName = (state: string): string => (Object.hasOwn(names, state) ? say(names[state as keyof typeof names]) : state);
