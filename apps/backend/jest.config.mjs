import { jestConfig } from '@agentbot/config/jest';

export default jestConfig('backend', {
  globalSetup: './test/global-setup.ts',
  globalTeardown: './test/global-teardown.ts',
  testTimeout: 300_000,
  testSequencer: './test/longest-first.mjs',
  // The tests mostly wait for containers.
  maxWorkers: 2,
});
