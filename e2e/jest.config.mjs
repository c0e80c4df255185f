import { jestConfig } from '@agentbot/config/jest';

// Child processes would keep a run alive after beforeAll or afterAll timed out.
export default jestConfig('e2e', {
  testTimeout: 240_000,
  testSequencer: './longest-first.mjs',
  forceExit: true,
  testPathIgnorePatterns: ['/node_modules/', '<rootDir>/production/', '<rootDir>/versions/', '<rootDir>/pictures/'],
});
