import { strykerConfig } from '@agentbot/config/stryker';

export default strykerConfig({
  mutate: ['src/{addresses,base-url,client,define-route,errors,image-reference,named-agent,openapi,paging,plans,scopes}.ts'],
  testMatch: ['<rootDir>/src/**/*.test.ts', '<rootDir>/test/**/*.test.ts'],
});
