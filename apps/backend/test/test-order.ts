import { sweep } from './sweep.ts';

/** The test files that take a minute or more on two cores, longest first. None of them starts last and then runs alone. */
const LONG = [
  'engine-away',
  'crash',
  'durability',
  'interaction',
  'lifecycle',
  'chat-streams',
  'warm-start',
  'newer-version',
  'containment',
  'seed-walk',
  'channels',
  'conformance',
  'turns',
  'logs',
  'workspace',
  'clone-crash',
  'turns-docker',
  'access-matrix',
  'model-gateway-docker',
  'model-containers',
  'engine-setups',
  'disk',
  'message-images-docker',
  'backups',
  'docker-host',
];

/**
 * Long files that show on other images, or at other moments, what shorter files show once. A whole run plays half of them, on
 * each day the other half; both halves take about the same time.
 */
const IN_TURN = [
  'engine-away',
  'warm-start',
  'turns-docker',
  'become-ready',
  'model-key-rollback',
  'adoption',
  'newer-version',
  'durability',
  'clone-crash',
  'chat-streams',
  'model-containers',
  'engine-setups',
];
/** A suite of its own, `pnpm swarm`: it needs the processors for two more engines. */
const SWARM = /^swarm/;
/** A run of fewer files names its files, and plays all of them. */
const WHOLE_RUN = 100;

interface TestFile {
  path: string;
}
const nameOf = ({ path }: TestFile) => /([^/]+)\.test\.ts$/.exec(path)?.[1] ?? path;
const rank = (test: TestFile) => (LONG.includes(nameOf(test)) ? LONG.indexOf(nameOf(test)) : LONG.length);

/** The files that a run plays, the long ones first, then the others. */
export function inOrder<T extends TestFile>(tests: T[]): T[] {
  const inTurn = tests.length < WHOLE_RUN ? IN_TURN : sweep(IN_TURN, IN_TURN.length / 2);
  const played = tests.length < WHOLE_RUN ? tests : tests.filter((test) => !SWARM.test(nameOf(test)));
  return played
    .filter((test) => !IN_TURN.includes(nameOf(test)) || inTurn.includes(nameOf(test)))
    .sort((one, other) => rank(one) - rank(other));
}
