import { jestConfig } from '@agentbot/config/jest';

// Its child processes would keep a run alive whose beforeAll or afterAll ran into the deadline.
export default jestConfig('e2e', { testTimeout: 240_000, forceExit: true });
