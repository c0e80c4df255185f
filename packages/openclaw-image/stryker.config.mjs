import { strykerConfig } from '@agentbot/config/stryker';

export default strykerConfig({
  mutate: ['src/versions.ts'],
  testMatch: ['<rootDir>/src/**/*.test.ts'],
});
