import { jestConfig } from '@agentbot/config/jest';

export default jestConfig('backend', {
  globalSetup: './test/global-setup.ts',
  globalTeardown: './test/global-teardown.ts',
  testTimeout: 300_000,
  testSequencer: './test/longest-first.mjs',
  // More than the two cores of a small machine: the tests wait for containers, timeouts and heartbeats much of the time.
  maxWorkers: 3,
});
