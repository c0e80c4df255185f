import { jestConfig } from '@agentbot/config/jest';

export default jestConfig('local-stack', { testTimeout: 60_000 });
