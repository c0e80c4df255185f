import { jestConfig } from '@agentbot/config/jest';

// The tests of a file are the steps of one installation's life: after the first failure the others have nothing to say.
export default jestConfig('production', { rootDir: import.meta.dirname, testTimeout: 25 * 60_000, forceExit: true, bail: 1 });
