import { jestConfig } from '@agentbot/config/jest';

export default jestConfig('test-doubles', { testTimeout: 60_000 });
