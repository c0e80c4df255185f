import { jestConfig } from '@agentbot/config/jest';

export default jestConfig('e2e', { testTimeout: 240_000 });
