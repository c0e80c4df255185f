import { jestConfig } from '@agentbot/config/jest';

export default jestConfig('serving');
