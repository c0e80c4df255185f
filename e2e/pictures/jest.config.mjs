import { jestConfig } from '@agentbot/config/jest';

// The pictures follow one agent: after the first failure the others have nothing to show.
export default jestConfig('pictures', { rootDir: import.meta.dirname, testTimeout: 10 * 60_000, forceExit: true, bail: 1 });
