import { jestConfig } from '@agentbot/config/jest';

export default jestConfig('versions', { rootDir: import.meta.dirname, testTimeout: 10 * 60_000, forceExit: true });
