import { jestConfig } from '@agentbot/config/jest';

// The pure modules. The rest of the dashboard is tested in a browser: e2e/.
export default jestConfig('web');
