import { strykerConfig } from '@agentbot/config/stryker';

export default strykerConfig({
  mutate: ['src/{agents,base-url,channels,define-route,errors,image-reference,openapi,openclaw,paging,plans,provision,scopes}.ts'],
  testMatch: ['<rootDir>/src/**/*.test.ts', '<rootDir>/test/**/*.test.ts'],
});
