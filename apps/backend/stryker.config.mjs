import { strykerConfig } from '@agentbot/config/stryker';

// Modules whose result depends on their arguments alone, or on what a chain's node answers.
export default strykerConfig({
  mutate: [
    'src/config/allowed-images.ts',
    'src/config/secret-strength.ts',
    'src/domain/accounts/{entitlements,subscription-status}.ts',
    'src/domain/agents/addresses.ts',
    'src/domain/audit/entry-hash.ts',
    'src/domain/cloning/{payment-proof,payment-terms}.ts',
    'src/domain/containers/{allowed-domains,container-spec,image-policy}.ts',
    'src/domain/telemetry/logs/{log-line,skipped-lines}.ts',
    'src/domain/telemetry/stats/{format,usage-between}.ts',
    'src/domain/verification/{attestation,sign-in-message,verification-metadata}.ts',
    'src/edge/engine-proxy/{allowed-calls,creation-bodies}.ts',
    'src/http/{next-page,require-plain-data}.ts',
    'src/infra/crypto/envelope.ts',
    'src/infra/docker/{container-options,engine-usage,slots,stored-spec}.ts',
    'src/infra/openclaw/{abort-command,agent-config,config-builder,config-shape,legacy-models,model-endpoint,providers,versions}.ts',
    'src/shared/{page-cursor,redact}.ts',
  ],
  testMatch: ['<rootDir>/src/**/*.test.ts'],
  // The configuration's test reads files of the checkout's root, which Stryker's copy does not have.
  ignore: ['/src/config/config\\.test\\.ts$'],
});
