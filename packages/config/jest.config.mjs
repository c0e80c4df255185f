import { jestConfig } from './src/jest.ts';

export default jestConfig('config');
