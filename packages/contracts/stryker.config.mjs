import { strykerConfig } from '@agentbot/config/stryker';

export default strykerConfig({
  mutate: ['src/{base-url,define-route,errors,image-reference,openapi,paging,plans,scopes}.ts'],
  testMatch: ['<rootDir>/src/**/*.test.ts', '<rootDir>/test/**/*.test.ts'],
});
