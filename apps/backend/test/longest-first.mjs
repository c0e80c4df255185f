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
  'docker-host',
  'backups',
];

/** Jest's order of the test files: the long ones, then the others. */
export default class LongestFirst {
  sort(tests) {
    const rank = ({ path }) => {
      const index = LONG.findIndex((name) => path.endsWith(`/${name}.test.ts`));
      return index < 0 ? LONG.length : index;
    };
    return [...tests].sort((one, other) => rank(one) - rank(other));
  }

  cacheResults() {}
}
